#include "core/payload/encode.hpp"

#include <algorithm>

#include "core/payload/chunk_writer.hpp"
#include "core/payload/old_selves.hpp"
#include "core/payload/pack.hpp"
#include "core/payload/pairing.hpp"
#include "core/payload/window_coder.hpp"

namespace deployctl::payload {
namespace {

// Beside its old self a file goes in smaller windows: the prefix then reaches as far again to both sides, so
// what moved by less than a window's length is still found.
constexpr std::size_t paired_window = 8 * 1024 * 1024;
static_assert(paired_window * 3 <= max_prefix && paired_window <= max_window);

class Encoder {
 public:
  Encoder(const OpenContent& contents, ChunkWriter out, const EncodeOptions& options)
      : contents_(contents), out_(std::move(out)), cancel_(options.cancel), coder_(options.level) {}

  Status begin(const model::Manifest& manifest);
  Status add(const Item& item);
  Result<Index> end();

 private:
  Status add_large(const Item& item);
  Status add_to_pack(const Item& item);
  Status flush_pack();
  Status write(Window window, BytesView plain, BytesView prefix);
  Result<ContentReader> open(const Item& item);
  Status read_old(int fd, const Region& region, const Item& item);
  Status go_on() const;

  const OpenContent& contents_;
  ChunkWriter out_;
  io::CancelToken cancel_;
  WindowCoder coder_;
  Pack pack_;
  Bytes plain_;
  Bytes prefix_;
};

Status Encoder::go_on() const {
  if (cancel_.cancelled()) return fail(Code::cancelled, "making the payload was cancelled");
  return {};
}

Status Encoder::begin(const model::Manifest& manifest) {
  const std::string json = manifest.json();
  if (json.size() > max_manifest)
    return fail(Code::invalid, "the artifact's manifest is " + std::to_string(json.size()) +
                                   " bytes long; up to " + std::to_string(max_manifest) + " are allowed");
  DEPLOYCTL_TRY(coded, coder_.zstd(as_bytes(json)));
  DEPLOYCTL_CHECK(out_.write(format::header()));
  const ManifestHead head{static_cast<std::uint32_t>(json.size()), static_cast<std::uint32_t>(coded.size())};
  DEPLOYCTL_CHECK(out_.write(format::manifest_head(head)));
  return out_.write(coded);
}

Status Encoder::add(const Item& item) {
  return item.size <= max_packed ? add_to_pack(item) : add_large(item);
}

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

Status Encoder::write(Window window, BytesView plain, BytesView prefix) {
  DEPLOYCTL_CHECK(go_on());
  DEPLOYCTL_TRY(coded, coder_.code(plain, prefix));
  window.coding = coded.coding;
  window.plain = static_cast<std::uint32_t>(plain.size());
  window.coded = static_cast<std::uint32_t>(coded.bytes.size());
  if (window.coding != Coding::zstd_prefix) window.regions.clear();
  DEPLOYCTL_CHECK(out_.write(format::window(window)));
  return out_.write(coded.bytes);
}

Status Encoder::add_large(const Item& item) {
  DEPLOYCTL_TRY(reader, open(item));
  DEPLOYCTL_TRY(old, open_old_self(contents_, item.old, cancel_));
  const std::size_t step = old ? paired_window : max_window;
  for (std::uint64_t at = 0; at < item.size; at += step) {
    Window window;
    if (at == 0) window.starts.push_back(item.content);
    plain_.resize(std::min<std::uint64_t>(step, item.size - at));
    DEPLOYCTL_CHECK(reader.read(plain_));
    prefix_.clear();
    if (old) {
      window.regions.push_back(region_beside(*item.old, item.size, at + plain_.size() / 2));
      DEPLOYCTL_CHECK(read_old(old->get(), window.regions.front(), item));
    }
    DEPLOYCTL_CHECK(write(std::move(window), plain_, prefix_));
  }
  return reader.finish(item.content);
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
  Window window;
  window.starts = pack_.starts();
  window.regions = pack_.regions();
  DEPLOYCTL_CHECK(write(std::move(window), pack_.plain(), pack_.prefix()));
  pack_.clear();
  return {};
}

Result<Index> Encoder::end() {
  DEPLOYCTL_CHECK(flush_pack());
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
  DEPLOYCTL_TRY(out, ChunkWriter::create(path));
  Encoder encoder(contents, std::move(out), options);
  DEPLOYCTL_CHECK(encoder.begin(next));
  for (const auto& item : items) {
    DEPLOYCTL_CHECK(encoder.add(item));
  }
  return encoder.end();
}

}  // namespace deployctl::payload
