// compare_deltas OLD NEW [OLD NEW]...: for each pair a table of what its coding costs, whole files as one
// release each: deployctl's payload (smallest, soonest), bsdiff, zstd --patch-from. Each runs in a process of
// its own, whose time and peak memory are its own. Programs that aren't installed are left out.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

#include "core/io/atomic_file.hpp"
#include "core/io/files.hpp"
#include "core/payload/decode/decode.hpp"
#include "core/payload/encode/encode.hpp"
#include "core/payload/format/content_reader.hpp"

using namespace deployctl;
namespace fs = std::filesystem;

namespace {

struct Cost {
  bool done = false;
  double seconds = 0, cpu = 0;
  long peak_kib = 0;
};

// In a child, so that its peak is its own; 0 is success.
Cost measured(const std::function<int()>& work) {
  const auto begun = std::chrono::steady_clock::now();
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  int status = 0;
  rusage used{};
  if (child < 0 || ::wait4(child, &status, 0, &used) != child) return {};
  const auto seconds = [](const timeval& t) { return double(t.tv_sec) + double(t.tv_usec) / 1e6; };
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begun;
  return {WIFEXITED(status) && WEXITSTATUS(status) == 0, wall.count(), seconds(used.ru_utime) + seconds(used.ru_stime),
          used.ru_maxrss};
}

Cost program(std::vector<std::string> words) {
  return measured([&] {
    const int quiet = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ::dup2(quiet, 1);
    ::dup2(quiet, 2);
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    ::execvp(argv[0], argv.data());
    return 127;
  });
}

class FileSink : public payload::TreeSink {
 public:
  explicit FileSink(const std::string& path) : out_(path, std::ios::binary) {}
  Status begin(const model::Manifest&) override { return {}; }
  Status begin_content(const Digest&, std::uint64_t) override { return {}; }
  Status data(BytesView bytes) override {
    out_.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return out_ ? Status{} : fail(Code::no_space, "can't write");
  }
  Status end_content() override { return {}; }

 private:
  std::ofstream out_;
};

struct Side {
  std::string path;
  Digest content;
  std::uint64_t size = 0;
  model::Manifest manifest;
};

Side side(const std::string& path) {
  auto fd = io::open_fd(path, O_RDONLY).value();
  const auto digest = payload::digest_of(fd.get()).value();
  const auto size = fs::file_size(path);
  auto manifest = model::Manifest::make({{"program", model::EntryType::file, 0755, size, digest, {}}}).value();
  return {path, digest, size, std::move(manifest)};
}

int decode(const std::string& coded, const Side& old, const Side& next, const payload::OpenContent& open,
           const std::string& to) {
  FileSink sink(to);
  payload::Decoder decoder(next.manifest.digest(), open, sink, &old.manifest);
  std::ifstream in(coded, std::ios::binary);
  Bytes piece(payload::max_chunk);
  while (in.read(reinterpret_cast<char*>(piece.data()), static_cast<std::streamsize>(piece.size())) || in.gcount() > 0)
    if (const auto fed = decoder.feed(BytesView(piece).first(static_cast<std::size_t>(in.gcount()))); !fed) {
      fmt::print(stderr, "{}\n", fed.error().text());
      return 1;
    }
  return decoder.finish() ? 0 : 1;
}

void print(const std::string& name, const std::string& coded, std::uint64_t plain, const Cost& made,
           const Cost& undone) {
  if (!made.done) return fmt::print("  {:<20} not here, or it failed\n", name);
  const auto bytes = fs::file_size(coded);
  fmt::print("  {:<20} {:>11} {:>7.2f}% {:>8.2f} s {:>8.2f} cpu-s {:>7} KiB | {:>7.2f} s {:>7} KiB{}\n", name, bytes,
             100.0 * double(bytes) / double(plain), made.seconds, made.cpu, made.peak_kib, undone.seconds,
             undone.peak_kib, undone.done ? "" : " FAILED");
}

void compare(const std::string& old_path, const std::string& new_path, const std::string& dir) {
  const Side old = side(old_path), next = side(new_path);
  fmt::print("{} -> {}, {} bytes\n  {:<20} {:>11} {:>8} {:>10} {:>14} {:>11} | decoding\n", old_path, new_path,
             next.size, "coding", "bytes", "ratio", "time", "cpu", "memory");
  const payload::OpenContent open = [&](const Digest& content) {
    return io::open_fd(content == old.content ? old.path : next.path, O_RDONLY);
  };
  const std::string coded = dir + "/coded", back = dir + "/back";
  for (const auto goal : {payload::Preference::Goal::smallest, payload::Preference::Goal::soonest}) {
    payload::EncodeOptions options;
    options.preference.goal = goal;
    const auto made =
        measured([&] { return payload::encode(next.manifest, &old.manifest, open, coded, options) ? 0 : 1; });
    const auto undone = measured([&] { return decode(coded, old, next, open, back); });
    print(goal == payload::Preference::Goal::smallest ? "deployctl smallest" : "deployctl soonest", coded, next.size,
          made, undone);
  }
  for (const std::string level : {"-3", "-9"}) {
    const auto made =
        program({"zstd", "-q", "-f", level, "--long=27", "--patch-from=" + old_path, new_path, "-o", coded});
    const auto undone = program(
        {"zstd", "-q", "-f", "-d", "--long=28", "--memory=2048MB", "--patch-from=" + old_path, coded, "-o", back});
    print("zstd " + level + " patch-from", coded, next.size, made, undone);
  }
  if (std::getenv("COMPARE_NO_BSDIFF")) return;
  const auto made = program({"bsdiff", old_path, new_path, coded});
  print("bsdiff", coded, next.size, made, program({"bspatch", old_path, back, coded}));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3 || argc % 2 == 0) {
    fmt::print(stderr,
               "usage: {} OLD NEW [OLD NEW]...\nCOMPARE_NO_BSDIFF=1 leaves bsdiff out, which may take minutes\n",
               argv[0]);
    return 2;
  }
  std::string dir = fs::temp_directory_path() / "compare-deltas-XXXXXX";
  if (!::mkdtemp(dir.data())) return 1;
  for (int i = 1; i + 1 < argc; i += 2) compare(argv[i], argv[i + 1], dir);
  fs::remove_all(dir);
}
