// What is coded already sets out for the relay while the rest is still being coded: the real cache and encoder, links
// that only note.
#include "core/rollout/driver/uploads.hpp"

#include <gtest/gtest.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/this_coro.hpp>
#include <asio/thread_pool.hpp>
#include <condition_variable>

#include "core/io/deadline.hpp"
#include "core/payload/cache/payload_cache.hpp"
#include "tests/support/run_async.hpp"
#include "tests/unit/payload/trees.hpp"

using namespace deployctl;
using namespace deployctl::testing;

namespace {

struct Notes final : fleet::TargetLinks {
  asio::awaitable<Result<protocol::pb::Reply>> call(std::size_t, protocol::pb::Request, Duration,
                                                    std::function<void(const protocol::pb::Event&)>,
                                                    std::shared_ptr<fleet::PayloadHandle>) override {
    co_return fail(Code::unsupported, "nobody is called here");
  }
  void prefetch_payload(std::size_t, std::shared_ptr<fleet::PayloadHandle>) override {}
  void carry_piece(std::size_t target, std::shared_ptr<payload::ChunkSource> piece) override {
    pieces.emplace_back(target, std::move(piece));
  }
  std::uint64_t rate(std::size_t) const override { return 0; }
  std::uint64_t wan_bytes() const override { return 0; }
  std::vector<std::pair<std::size_t, std::shared_ptr<payload::ChunkSource>>> pieces;
};

// A content that can't be read before somebody lets it.
class Gate {
 public:
  void wait() {
    std::unique_lock lock(mutex_);
    opened_.wait(lock, [this] { return open_; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    opened_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
};

}  // namespace

TEST(Uploads, WhatIsCodedAlreadySetsOutBeforeTheRestIsCoded) {
  payload::Contents contents;
  const TempDir dir;
  const std::string last = payload::noise(3'000'000, 9);
  payload::Files files{{"z", last}};
  for (unsigned i = 0; i < 40; ++i) files["f" + std::to_string(i)] = payload::noise(1'000'000, i);
  const auto manifest = contents.add(files);
  Gate gate;
  const payload::OpenManifest manifests = [&](const Digest&) -> Result<model::Manifest> { return manifest; };
  const payload::OpenContent open = [&](const Digest& content) {
    if (content == sha256(last)) gate.wait();
    return contents.open()(content);
  };
  asio::thread_pool pool{2};
  payload::PayloadCache cache(pool, dir / "payloads", manifests, open);
  Notes links;
  rollout::Uploads shipments(cache, links, manifest.digest(), model::Prefer::bytes, io::CancelToken());
  const auto watch = [](Notes& notes, Gate& g) -> asio::awaitable<void> {
    while (notes.pieces.empty()) co_await io::sleep_for(Duration(1));
    g.open();
  };
  const auto get = [](rollout::Uploads& from, Notes& notes, Gate& g,
                      decltype(watch) w) -> asio::awaitable<Result<std::shared_ptr<fleet::PayloadHandle>>> {
    asio::co_spawn(co_await asio::this_coro::executor, w(notes, g), asio::detached);
    co_return co_await from.get(Digest{}, 0, 7, true);
  };
  const auto shipment = run_async(get(shipments, links, gate, watch));
  ASSERT_TRUE(shipment) << shipment.error().text();
  const auto& whole = (*shipment)->chunks->index();
  ASSERT_FALSE(links.pieces.empty());
  std::uint32_t at = 0;
  for (const auto& [target, piece] : links.pieces) {
    EXPECT_EQ(target, 7u);
    for (const auto& digest : piece->index().digests) EXPECT_EQ(digest, whole.digests.at(at++));
    EXPECT_TRUE(run_async(piece->read(0)));
  }
  EXPECT_LT(links.pieces.front().second->index().count(), whole.count()) << "the last content was held back until then";
}
