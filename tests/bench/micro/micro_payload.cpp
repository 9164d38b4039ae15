// Google Benchmark of the transfer engine's parts. MICRO_OLD and MICRO_NEW name a pair of files; without them
// a made-up executable is used, whose addresses have moved.
#include <benchmark/benchmark.h>
#include <fcntl.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <random>

#include "core/io/atomic_file.hpp"
#include "core/io/files.hpp"
#include "core/payload/decode/decode.hpp"
#include "core/payload/delta/delta_coder.hpp"
#include "core/payload/encode/encode.hpp"

using namespace deployctl;
namespace fs = std::filesystem;

namespace {

std::string made_up(bool moved) {
  std::mt19937 random(1);
  std::string out(64 * 1024 * 1024, '\0');
  for (std::size_t at = 0; at + 4 <= out.size(); at += 4) {
    std::uint32_t word = random() & 0x3f3f3f3f;
    if (moved && at % 16 == 4) word += 0x1040;
    std::memcpy(out.data() + at, &word, 4);
  }
  if (moved) out.insert(out.size() / 3, std::string(5000, 'n'));
  return out;
}

struct Pair {
  std::string old, next;
  std::string dir;
  std::map<Digest, std::string> paths;
  model::Manifest base, target;

  model::Manifest tree(const std::string& bytes, const std::string& name) {
    const Digest content = sha256(bytes);
    paths[content] = dir + "/" + name;
    if (!io::write_file(paths[content], bytes)) std::abort();
    return model::Manifest::make({{"program", model::EntryType::file, 0755, bytes.size(), content, {}}}).value();
  }
  static std::string bytes_of(const char* variable, bool moved) {
    const char* path = std::getenv(variable);
    return path ? io::read_file(path, std::uint64_t{4} << 30).value() : made_up(moved);
  }
  static std::string folder() {
    std::string dir = fs::temp_directory_path() / "micro-payload-XXXXXX";
    if (!::mkdtemp(dir.data())) std::abort();
    return dir;
  }
  Pair()
      : old(bytes_of("MICRO_OLD", false)),
        next(bytes_of("MICRO_NEW", true)),
        dir(folder()),
        base(tree(old, "old")),
        target(tree(next, "new")) {}
  ~Pair() { fs::remove_all(dir); }
  payload::OpenContent open() const {
    return [this](const Digest& content) { return io::open_fd(paths.at(content), O_RDONLY); };
  }
};

Pair& pair() {
  static Pair pair;
  return pair;
}

void count(benchmark::State& state, std::size_t plain, std::uint64_t coded = 0) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * plain));
  if (coded > 0) state.counters["ratio"] = double(coded) / double(plain);
}

void encode(benchmark::State& state, bool with_base, payload::Preference preference, unsigned threads) {
  std::uint64_t coded = 0;
  for (auto _ : state) {
    payload::EncodeOptions options;
    options.preference = preference;
    options.threads = threads;
    const auto index = payload::encode(pair().target, with_base ? &pair().base : nullptr, pair().open(),
                                       pair().dir + "/coded", options);
    if (!index) return state.SkipWithError(index.error().text().c_str());
    coded = index->total();
  }
  count(state, pair().next.size(), coded);
}

constexpr payload::Preference smallest{payload::Preference::Goal::smallest, 0};
constexpr payload::Preference fast_link{payload::Preference::Goal::soonest, 1'000'000'000};
constexpr payload::Preference slow_link{payload::Preference::Goal::soonest, 2'000'000};

BENCHMARK_CAPTURE(encode, delta_smallest_1, true, smallest, 1)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(encode, delta_smallest_2, true, smallest, 2)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(encode, delta_soonest_2, true, slow_link, 2)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(encode, zstd_soonest_2, false, fast_link, 2)->Unit(benchmark::kMillisecond)->UseRealTime();

class Nowhere : public payload::TreeSink {
  Status begin(const model::Manifest&) override { return {}; }
  Status begin_content(const Digest&, std::uint64_t) override { return {}; }
  Status data(BytesView) override { return {}; }
  Status end_content() override { return {}; }
};

void decode(benchmark::State& state, bool with_base) {
  const std::string path = pair().dir + "/to-decode";
  const auto index = payload::encode(pair().target, with_base ? &pair().base : nullptr, pair().open(), path);
  const std::string coded = io::read_file(path, std::uint64_t{4} << 30).value();
  for (auto _ : state) {
    Nowhere sink;
    payload::Decoder decoder(pair().target.digest(), pair().open(), sink, &pair().base);
    BytesView left = as_bytes(coded);
    Status fed;
    for (; fed && !left.empty(); left = left.subspan(std::min(left.size(), payload::max_chunk)))
      fed = decoder.feed(left.first(std::min(left.size(), payload::max_chunk)));
    if (!fed || !decoder.finish()) return state.SkipWithError("it can't be decoded");
  }
  count(state, pair().next.size());
}
BENCHMARK_CAPTURE(decode, delta, true)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(decode, zstd, false)->Unit(benchmark::kMillisecond);

void delta_index(benchmark::State& state) {
  const auto base = as_bytes(pair().old).first(std::min(pair().old.size(), payload::max_indexed));
  for (auto _ : state) benchmark::DoNotOptimize(payload::DeltaIndex(base, static_cast<unsigned>(state.range(0))));
  count(state, base.size());
}
BENCHMARK(delta_index)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

void delta_match(benchmark::State& state) {
  const auto base = as_bytes(pair().old).first(std::min(pair().old.size(), payload::max_indexed));
  const payload::DeltaIndex index(base, 2);
  const auto plain = as_bytes(pair().next).first(std::min<std::size_t>(pair().next.size(), 8 * 1024 * 1024));
  for (auto _ : state) benchmark::DoNotOptimize(payload::match(base, index, plain, 0));
  count(state, plain.size());
}
BENCHMARK(delta_match)->Unit(benchmark::kMillisecond);

void chunk_digests(benchmark::State& state) {
  const BytesView all = as_bytes(pair().next);
  for (auto _ : state)
    for (std::size_t at = 0; at < all.size(); at += payload::max_chunk)
      benchmark::DoNotOptimize(sha256(all.subspan(at, std::min(payload::max_chunk, all.size() - at))));
  count(state, all.size());
}
BENCHMARK(chunk_digests)->Unit(benchmark::kMillisecond);

void sha256_whole(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(sha256(pair().next));
  count(state, pair().next.size());
}
BENCHMARK(sha256_whole)->Unit(benchmark::kMillisecond);

// 20,000 small files of which every hundredth has changed.
void small_files(benchmark::State& state) {
  std::mt19937 random(2);
  std::vector<model::Entry> old, next;
  std::map<Digest, std::string> bytes;
  const std::string dir = pair().dir + "/small";
  fs::create_directory(dir);
  for (unsigned i = 0; i < 20'000; ++i) {
    std::string text = "file " + std::to_string(i) + "\n";
    while (text.size() < 3000) text += "line " + std::to_string(random() % 1000) + "\n";
    const std::string path = "d" + std::to_string(i % 100) + "/f" + std::to_string(i);
    const auto add = [&](std::vector<model::Entry>& tree) {
      const Digest content = sha256(text);
      tree.push_back({path, model::EntryType::file, 0644, text.size(), content, {}});
      if (i % 100 == 0 && !io::write_file(dir + "/" + content.hex(), text)) std::abort();
    };
    add(old);
    if (i % 100 == 0) text += "and one more\n";
    add(next);
  }
  const auto base = model::Manifest::make(std::move(old)).value(),
             target = model::Manifest::make(std::move(next)).value();
  const payload::OpenContent open = [&](const Digest& content) {
    return io::open_fd(dir + "/" + content.hex(), O_RDONLY);
  };
  for (auto _ : state) {
    const auto index = payload::encode(target, &base, open, pair().dir + "/small-coded");
    if (!index) return state.SkipWithError(index.error().text().c_str());
    state.counters["bytes"] = double(index->total());
  }
}
BENCHMARK(small_files)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
