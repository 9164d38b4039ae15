#include "core/payload/encode/encode.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "core/model/manifest_change.hpp"
#include "core/payload/encode/chunk_writer.hpp"
#include "core/payload/encode/pack.hpp"
#include "core/payload/encode/paired_window.hpp"
#include "core/payload/encode/window_coder.hpp"

namespace deployctl::payload {
namespace {

// A file with a base file uses smaller windows: a prefix then reaches one window further in both directions, and more
// windows are coded in parallel. A delta loses nothing, because it sees all of the base file.
constexpr std::size_t paired_window = 8 * 1024 * 1024;
static_assert(paired_window * 3 <= max_prefix && paired_window <= max_window);
// The number of windows of a large file that share the part of the base file that is in memory.
constexpr std::size_t group_windows = 4;
static_assert(group_windows * paired_window * 2 <= max_indexed && max_indexed <= max_base);
// The part of a base file that a small content is coded against; the base file may be far larger.
constexpr std::size_t max_delta_share = 16 * 1024 * 1024;
constexpr std::size_t unpaired_window = 16 * 1024 * 1024;
constexpr std::size_t memory = 480 * 1024 * 1024;

// Splits even a file of a single window, so that two threads can code it.
std::size_t paired_step(std::uint64_t size) {
  return std::clamp<std::uint64_t>((size + 1) / 2, paired_window / 4, paired_window);
}

bool wants_index(const Preference& preference, const PairedWindow& window) {
  return codings_for(preference, {window.plain.size(), window.old.size, false}).delta;
}

unsigned threads_of(const EncodeOptions& options) {
  return options.threads > 0 ? options.threads : std::max(1u, std::thread::hardware_concurrency());
}

class Encoder {
 public:
  Encoder(const OpenContent& contents, ChunkWriter out, const EncodeOptions& options)
      : contents_(contents),
        out_(std::move(out)),
        cancel_(options.cancel),
        preference_(options.preference),
        threads_(threads_of(options)),
        line_(threads_, memory, [this](const CodedWindow& coded) { return write(coded); }) {}

  Status begin(const model::Manifest& manifest, const model::Manifest* base);
  Status add(const Item& item);
  Result<Index> end();

 private:
  Status add_large(const Item& item);
  Status add_paired(const Item& item, ContentReader reader, io::Fd old);
  Status add_paired_whole(const Item& item, ContentReader reader, io::Fd old);
  Result<std::shared_ptr<const DeltaBase>> load_base(const Item& item, int fd, std::uint64_t middle,
                                                     const PairedWindow& window);
  Status add_unpaired(const Item& item, ContentReader reader);
  Status add_to_pack(const Item& item);
  Status flush_pack();
  Status add_window(std::vector<Digest> starts, Bytes plain, std::vector<Region> regions, Bytes prefix);
  Status write(const CodedWindow& coded);
  Result<ContentReader> open(const Item& item);
  Status read_old(int fd, const Region& region, const Item& item);
  Status go_on() const;

  const OpenContent& contents_;
  ChunkWriter out_;
  io::CancelToken cancel_;
  const Preference preference_;
  const unsigned threads_;
  Pack pack_;
  Bytes plain_;
  Bytes prefix_;
  ZstdContexts contexts_;
  OrderedEncoder line_;  // last member: its destructor waits for jobs that use the others
};

Status Encoder::go_on() const {
  if (cancel_.cancelled()) return fail(Code::cancelled, "making the payload was cancelled");
  return {};
}

// The manifest, or the change from the base's manifest if that is less than half as long.
std::string manifest_text(const model::Manifest& manifest, const model::Manifest* base) {
  std::string whole = manifest.json();
  if (!base) return whole;
  std::string change = model::ManifestChange::between(*base, manifest).json();
  return change.size() < whole.size() / 2 ? change : whole;
}

Status Encoder::begin(const model::Manifest& manifest, const model::Manifest* base) {
  const std::string json = manifest_text(manifest, base);
  if (json.size() > max_manifest)
    return fail(Code::invalid, "the artifact's manifest is " + std::to_string(json.size()) + " bytes long; up to " +
                                   std::to_string(max_manifest) + " are allowed");
  DEPLOYCTL_TRY(coded, WindowCoder(3).zstd(as_bytes(json)));
  DEPLOYCTL_CHECK(out_.write(format::header()));
  const ManifestHead head{static_cast<std::uint32_t>(json.size()), static_cast<std::uint32_t>(coded.size())};
  DEPLOYCTL_CHECK(out_.write(format::manifest_head(head)));
  return out_.write(coded);
}

Status Encoder::add(const Item& item) { return item.size <= max_packed ? add_to_pack(item) : add_large(item); }

Result<ContentReader> Encoder::open(const Item& item) {
  DEPLOYCTL_CHECK(go_on());
  auto fd = contents_(item.content);
  if (!fd) return fail(with_context(fd.error(), "the content of " + item.path));
  return ContentReader(std::move(*fd), "the content of " + item.path);
}

Status Encoder::read_old(int fd, const Region& region, const Item& item) {
  prefix_.resize(region.length);
  auto read = read_region(fd, region.offset, prefix_);
  if (!read) return fail(with_context(read.error(), "the old self of " + item.path));
  return {};
}

Status Encoder::write(const CodedWindow& coded) {
  DEPLOYCTL_CHECK(go_on());
  DEPLOYCTL_CHECK(out_.write(format::window(coded.window)));
  return out_.write(coded.bytes);
}

Status Encoder::add_window(std::vector<Digest> starts, Bytes plain, std::vector<Region> regions, Bytes prefix) {
  const auto choice = codings_for(preference_, {plain.size(), prefix.size(), true});
  const std::size_t weight = coding_memory(plain.size()) + prefix.size();
  CodedWindow coded;
  coded.window.plain = static_cast<std::uint32_t>(plain.size());
  coded.window.starts = std::move(starts);
  coded.window.regions = std::move(regions);
  return line_.add(weight,
                   [=, plain = std::move(plain), prefix = std::move(prefix),
                    coded = std::move(coded)]() mutable -> Result<CodedWindow> {
                     WindowCoder coder(choice.level);
                     DEPLOYCTL_TRY(best, coder.code(plain, prefix, choice));
                     coded.window.coding = best.coding;
                     coded.window.coded = static_cast<std::uint32_t>(best.bytes.size());
                     if (best.coding != Coding::zstd_prefix) coded.window.regions.clear();
                     coded.bytes.assign(best.bytes.begin(), best.bytes.end());
                     return std::move(coded);
                   });
}

Status Encoder::add_large(const Item& item) {
  DEPLOYCTL_TRY(reader, open(item));
  DEPLOYCTL_TRY(old, open_old_self(contents_, item.old, cancel_));
  return old ? add_paired(item, std::move(reader), std::move(*old)) : add_unpaired(item, std::move(reader));
}

Status Encoder::add_unpaired(const Item& item, ContentReader reader) {
  for (std::uint64_t at = 0; at < item.size; at += unpaired_window) {
    DEPLOYCTL_CHECK(go_on());
    std::vector<Digest> starts;
    if (at == 0) starts.push_back(item.content);
    Bytes plain(std::min<std::uint64_t>(unpaired_window, item.size - at));
    DEPLOYCTL_CHECK(reader.read(plain));
    DEPLOYCTL_CHECK(add_window(std::move(starts), std::move(plain), {}, {}));
  }
  return reader.finish(item.content);
}

// Codes a content of one window: the thread that codes it also loads the base file.
Status Encoder::add_paired_whole(const Item& item, ContentReader reader, io::Fd old) {
  auto window =
      std::make_shared<PairedWindow>(PairedWindow{{item.content}, io::LargeBuffer(item.size), 0, item.size, *item.old});
  DEPLOYCTL_CHECK(reader.read(window->plain));
  DEPLOYCTL_CHECK(reader.finish(item.content));
  const Region region = region_beside(*item.old, item.size, item.size / 2, max_delta_share);
  const std::size_t weight = coding_memory(window->plain.size()) + DeltaBase::memory_of(region.length);
  const bool with_index = wants_index(preference_, *window);
  auto fd = std::make_shared<io::Fd>(std::move(old));
  auto job = [this, window, region, fd, with_index, path = item.path]() -> Result<CodedWindow> {
    auto base = DeltaBase::load(fd->get(), region, with_index, 1);
    if (!base) return fail(with_context(base.error(), "the old self of " + path));
    return code_paired(std::move(*window), **base, preference_, contexts_);
  };
  return line_.add(weight, std::move(job));
}

// Codes a content of several windows. May wait until the windows that use another part of the base file are written.
Status Encoder::add_paired(const Item& item, ContentReader reader, io::Fd old) {
  if (item.size <= paired_window / 4) return add_paired_whole(item, std::move(reader), std::move(old));
  const std::size_t step = paired_step(item.size);
  std::shared_ptr<const DeltaBase> base;
  for (std::uint64_t at = 0; at < item.size; at += step) {
    DEPLOYCTL_CHECK(go_on());
    const auto size = std::min<std::uint64_t>(step, item.size - at);
    auto window = std::make_shared<PairedWindow>(PairedWindow{{}, io::LargeBuffer(size), at, item.size, *item.old});
    if (at == 0) window->starts.push_back(item.content);
    DEPLOYCTL_CHECK(reader.read(window->plain));
    if (!base || (item.old->size > max_indexed && at % (group_windows * step) == 0)) {
      base.reset();
      DEPLOYCTL_TRY(loaded, load_base(item, old.get(), at + group_windows * step / 2, *window));
      base = std::move(loaded);
    }
    const std::size_t weight = coding_memory(size);
    auto job = [this, window, base] { return code_paired(std::move(*window), *base, preference_, contexts_); };
    DEPLOYCTL_CHECK(line_.add(weight, std::move(job)));
  }
  return reader.finish(item.content);
}

Result<std::shared_ptr<const DeltaBase>> Encoder::load_base(const Item& item, int fd, std::uint64_t middle,
                                                            const PairedWindow& window) {
  DEPLOYCTL_CHECK(line_.drain());  // two loaded bases might exceed the memory limit
  contexts_.clear();
  const auto region = region_beside(*item.old, item.size, std::min(middle, item.size), max_indexed);
  line_.reserve(DeltaBase::memory_of(region.length));
  auto base = DeltaBase::load(fd, region, wants_index(preference_, window), threads_);
  if (!base) return fail(with_context(base.error(), "the old self of " + item.path));
  return base;
}

Status Encoder::add_to_pack(const Item& item) {
  if (!pack_.takes(item)) {
    DEPLOYCTL_CHECK(flush_pack());
  }
  DEPLOYCTL_TRY(reader, open(item));
  plain_.resize(item.size);
  DEPLOYCTL_CHECK(reader.read(plain_));
  DEPLOYCTL_CHECK(reader.finish(item.content));
  pack_.add(item, plain_);
  DEPLOYCTL_TRY(old, open_old_self(contents_, item.old, cancel_));
  if (!old) return {};
  const Region region{item.old->content, 0,
                      static_cast<std::uint32_t>(std::min<std::uint64_t>(item.old->size, max_packed))};
  DEPLOYCTL_CHECK(read_old(old->get(), region, item));
  pack_.add_old(region, prefix_);
  return {};
}

Status Encoder::flush_pack() {
  if (pack_.empty()) return {};
  Pack pack = std::exchange(pack_, Pack());
  return add_window(pack.starts(), Bytes(pack.plain().begin(), pack.plain().end()), pack.regions(),
                    Bytes(pack.prefix().begin(), pack.prefix().end()));
}

Result<Index> Encoder::end() {
  DEPLOYCTL_CHECK(flush_pack());
  DEPLOYCTL_CHECK(line_.drain());
  Bytes record{format::end_kind};
  const auto digest = out_.digest_so_far().raw();
  record.insert(record.end(), digest.begin(), digest.end());
  DEPLOYCTL_CHECK(out_.write(record));
  DEPLOYCTL_CHECK(go_on());
  return out_.commit();
}

}  // namespace

Result<Index> encode(const model::Manifest& next, const model::Manifest* base, const OpenContent& contents,
                     const std::string& path, EncodeOptions options) {
  DEPLOYCTL_TRY(items, contents_to_send(next, base));
  DEPLOYCTL_TRY(out, ChunkWriter::create(path, options.growing));
  Encoder encoder(contents, std::move(out), options);
  DEPLOYCTL_CHECK(encoder.begin(next, base));
  for (const auto& item : items) {
    DEPLOYCTL_CHECK(encoder.add(item));
  }
  return encoder.end();
}

}  // namespace deployctl::payload
