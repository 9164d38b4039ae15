#include "core/payload/cache/payload_cache.hpp"

#include <gtest/gtest.h>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/thread_pool.hpp>
#include <atomic>
#include <latch>

#include "core/io/flock.hpp"
#include "tests/support/run_async.hpp"
#include "tests/unit/payload/trees.hpp"

namespace deployctl::payload {
namespace {

using Source = std::shared_ptr<ChunkSource>;

class Cache : public ::testing::Test {
 protected:
  Contents contents;
  testing::TempDir dir;
  std::string folder = dir / "store/payloads";
  std::map<Digest, model::Manifest> known;
  std::atomic<unsigned> opened{0};
  std::function<void()> on_open = [] {};
  asio::thread_pool pool{2};
  PayloadCache cache = make();

  Digest add(const Files& files) {
    const auto manifest = contents.add(files);
    known.emplace(manifest.digest(), manifest);
    return manifest.digest();
  }
  PayloadCache make() {
    OpenManifest manifests = [this](const Digest& digest) -> Result<model::Manifest> {
      if (!known.contains(digest)) return fail(Code::not_found, "no such manifest");
      return known.at(digest);
    };
    OpenContent open = [this](const Digest& content) {
      ++opened;
      on_open();
      return contents.open()(content);
    };
    return PayloadCache(pool, folder, manifests, open);
  }
  Result<Source> get(const Digest& next, std::optional<Digest> base = {}) {
    return testing::run_async(cache.get(next, base));
  }
  // Stored names without lock files.
  std::vector<std::string> kept() const {
    auto names = io::list_dir(folder).value_or(std::vector<std::string>{});
    std::erase_if(names, [](const std::string& name) { return name.ends_with(".lock"); });
    return names;
  }
  std::string file_of(const Digest& next) const { return folder + "/" + PayloadCache::file_name(next, {}); }
};

TEST_F(Cache, MakesAPayloadOnceAndFindsItAgain) {
  const auto next = add({{"a", noise(2000, 1)}});
  const auto first = get(next);
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_EQ(opened, 1u);
  EXPECT_EQ(get(next).value(), *first);  // the very same, while it is held
  cache = make();
  EXPECT_EQ(get(next).value()->index(), (*first)->index());
  EXPECT_EQ(opened, 1u);
  EXPECT_EQ(kept(), (std::vector<std::string>{"none-" + next.hex() + ".v4", "none-" + next.hex() + ".v4.index"}));
}

TEST_F(Cache, KeepsOneForEachBase) {
  const auto old = add({{"a", noise(100000, 1)}}), next = add({{"a", noise(100000, 1) + "!"}});
  const auto alone = get(next), beside = get(next, old);
  ASSERT_TRUE(alone && beside);
  EXPECT_LT((*beside)->index().total(), (*alone)->index().total() / 10);
  EXPECT_EQ(kept().size(), 4u);
}

TEST_F(Cache, GivesTheSmallestToWhoWantsItSoonestIfItIsThere) {
  const auto next = add({{"a", words(100000, 1)}});
  const Preference soonest{Preference::Goal::soonest, 1'000'000'000};
  auto early = testing::run_async(cache.get(next, {}, soonest));
  ASSERT_TRUE(early) << early.error().text();
  EXPECT_EQ(kept().front(), "none-" + next.hex() + ".soonest.v4");
  const auto smallest = get(next);
  ASSERT_TRUE(smallest);
  EXPECT_LT((*smallest)->index().total(), (*early)->index().total());
  EXPECT_EQ(kept().size(), 4u);  // they stand beside each other
  EXPECT_EQ(testing::run_async(cache.get(next, {}, soonest)).value(), *smallest);
  cache = make();
  EXPECT_EQ(testing::run_async(cache.get(next, {}, soonest)).value()->index(), (*smallest)->index());
  EXPECT_EQ(opened, 2u);
}

TEST_F(Cache, TellsWhatIsMadeWithoutMakingAnything) {
  const auto old = add({{"a", words(100000, 1)}}), next = add({{"a", words(100000, 1) + "!"}});
  EXPECT_EQ(testing::run_async(cache.made(next, old)), nullptr);
  EXPECT_TRUE(kept().empty());
  const auto early = testing::run_async(cache.get(next, old, {Preference::Goal::soonest, 1'000'000'000}));
  EXPECT_EQ(testing::run_async(cache.made(next, old)), *early);
  const auto smallest = get(next, old);
  EXPECT_EQ(testing::run_async(cache.made(next, old)), *smallest);
  cache = make();
  EXPECT_EQ(testing::run_async(cache.made(next, old))->index(), (*smallest)->index());
  EXPECT_EQ(testing::run_async(cache.get(next, old)).value(), testing::run_async(cache.made(next, old)));
}

TEST_F(Cache, SharesOneEncodingAmongThoseThatAskAtOnce) {
  const auto next = add({{"a", noise(2000, 1)}});
  asio::io_context context(1);
  std::vector<Source> got;
  for (unsigned i = 0; i < 10; ++i)
    asio::co_spawn(context, cache.get(next, {}),
                   [&](std::exception_ptr, Result<Source> source) { got.push_back(source.value()); });
  context.run();
  ASSERT_EQ(got.size(), 10u);
  EXPECT_EQ(std::count(got.begin(), got.end(), got.front()), 10);
  EXPECT_EQ(opened, 1u);
}

TEST_F(Cache, NamesTheArtifactInErrorsAndTriesAgain) {
  const std::string bytes = noise(2000, 1);
  const auto next = add({{"a", bytes}});
  ASSERT_TRUE(io::remove_file(contents.path(bytes)));
  const auto bad = get(next);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, Code::not_found);
  EXPECT_NE(bad.error().text().find("the payload of artifact " + next.text()), std::string::npos);
  EXPECT_TRUE(kept().empty());
  contents.add({{"a", bytes}});
  EXPECT_TRUE(get(next));
}

TEST_F(Cache, TellsAMissingBaseFromAMissingArtifact) {
  const auto next = add({{"a", "1"}});
  const auto no_base = get(next, sha256("unknown"));
  ASSERT_FALSE(no_base);
  EXPECT_EQ(no_base.error().code, Code::not_found);
  EXPECT_TRUE(no_base.error().message.starts_with("base artifact"));
  const auto none = get(sha256("unknown"));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message, "no such manifest");
}

TEST_F(Cache, MakesAnewWhatIsNoLongerWhole) {
  const auto next = add({{"a", noise(2000, 1)}});
  ASSERT_TRUE(get(next));
  ASSERT_TRUE(io::write_file(file_of(next), "cut"));
  const auto again = get(next);
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_TRUE(testing::run_async((*again)->read(0)));
}

TEST_F(Cache, SweepsWhatAKilledProcessLeft) {
  const auto next = add({{"a", "1"}});
  ASSERT_TRUE(io::make_dirs(folder));
  const auto name = PayloadCache::file_name(next, {});
  ASSERT_TRUE(io::write_file(folder + "/." + name + ".tmp-1-0", "half"));
  ASSERT_TRUE(io::write_file(folder + "/." + name + ".index.tmp-1-1", "half"));
  ASSERT_TRUE(get(next));
  EXPECT_EQ(kept().size(), 2u);
}

TEST_F(Cache, WaitsForTheProcessThatIsAtIt) {
  const auto next = add({{"a", noise(2000, 1)}});
  ASSERT_TRUE(get(next));
  // What another process made is found once its lock is free.
  const auto made = testing::read_text(file_of(next)), index = testing::read_text(file_of(next) + ".index");
  ASSERT_TRUE(io::remove_file(file_of(next)));
  auto other = io::FileLock::try_lock(file_of(next) + ".lock", "the other");
  ASSERT_TRUE(other);
  asio::io_context context(1);
  std::optional<Result<Source>> got;
  asio::co_spawn(context, cache.get(next, {}),
                 [&](std::exception_ptr, Result<Source> source) { got = std::move(source); });
  context.poll();
  EXPECT_FALSE(got);
  ASSERT_TRUE(io::write_file(file_of(next), made));
  other->unlock();
  context.run();
  ASSERT_TRUE(got && *got) << (got ? got->error().text() : "");
  EXPECT_EQ(opened, 1u);
}

TEST_F(Cache, GivesUpWhenNobodyWaitsAnyMore) {
  Files files;
  for (unsigned i = 0; i < 10; ++i) files["f" + std::to_string(i)] = noise(300 * 1024, i);
  const auto next = add(files);
  asio::io_context context(1);
  asio::cancellation_signal stop;
  std::latch stopped(1);
  // The encoder opens its second file only when its last getter has left.
  on_open = [&] {
    if (opened != 2) return;
    asio::post(context, [&] {
      stop.emit(asio::cancellation_type::terminal);
      asio::post(context, [&] { stopped.count_down(); });
    });
    stopped.wait();
  };
  bool thrown = false;
  asio::co_spawn(
      context, cache.get(next, {}),
      asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr e, Result<Source>) { thrown = e != nullptr; }));
  context.run();
  EXPECT_TRUE(thrown);
  EXPECT_EQ(opened, 2u);
  EXPECT_TRUE(kept().empty());
  on_open = [] {};
  EXPECT_TRUE(get(next));
}

TEST_F(Cache, ServesTheOneWhoComesAfterTheOthersLeft) {
  const auto next = add({{"a", noise(300 * 1024, 1)}, {"b", noise(300 * 1024, 2)}});
  asio::io_context context(1);
  asio::cancellation_signal stop;
  std::latch stopped(1);
  std::optional<Result<Source>> late;
  on_open = [&] {
    if (opened != 1) return;
    asio::post(context, [&] {
      stop.emit(asio::cancellation_type::terminal);
      asio::post(context, [&] {
        asio::co_spawn(context, cache.get(next, {}),
                       [&](std::exception_ptr, Result<Source> source) { late = std::move(source); });
        asio::post(context, [&] { stopped.count_down(); });
      });
    });
    stopped.wait();
  };
  asio::co_spawn(context, cache.get(next, {}),
                 asio::bind_cancellation_slot(stop.slot(), [](std::exception_ptr, Result<Source>) {}));
  context.run();
  ASSERT_TRUE(late && *late) << (late ? late->error().text() : "");
}

}  // namespace
}  // namespace deployctl::payload
