#include "core/payload/decode/decode.hpp"

#include <optional>

#include "core/model/manifest_change.hpp"
#include "core/payload/decode/content_writer.hpp"
#include "core/payload/delta/delta_reader.hpp"
#include "core/payload/format/base_region.hpp"
#include "core/payload/format/big_endian.hpp"
#include "core/payload/format/content_reader.hpp"
#include "core/payload/format/inflater.hpp"
#include "core/payload/format/prefix.hpp"

namespace deployctl::payload {

// The stream is a sequence of parts of known length; `part` is the one being read. Short parts are collected
// completely, bodies are processed as they arrive.
struct Decoder::State {
  enum class Part { header, manifest_head, manifest, kind, window_head, lists, body, end, over };

  State(Digest expected_digest, OpenContent base, TreeSink& tree, const model::Manifest* old_manifest)
      : expected(expected_digest), base_manifest(old_manifest), prefix(std::move(base)), sink(tree), contents(tree) {}

  Status consume(BytesView bytes);
  Status take(BytesView piece);
  Status part_read();
  void expect(Part next, std::size_t length);
  bool is_body() const { return part == Part::manifest || part == Part::body; }

  Status begin_manifest();
  Result<model::Manifest> read_manifest() const;
  Error other_manifest() const {
    return error(Code::verification, "the payload's manifest is not that of artifact " + expected.text());
  }
  Status end_manifest();
  Status read_kind();
  Status read_window_head();
  Status begin_window();
  Status begin_body();
  Status take_body(BytesView piece);
  Status end_window();
  Status check_end();
  Status blame(Status status);

  Digest expected;
  const model::Manifest* base_manifest;
  Prefix prefix;
  TreeSink& sink;
  ContentWriter contents;
  Inflater inflater;

  Part part = Part::header;
  std::size_t need = format::header_size;  // missing bytes of this part
  Bytes held;
  std::optional<Error> failed;
  Hasher all;  // everything before the end record
  std::uint64_t total = 0;

  std::string json;
  format::WindowHead head;
  Window window;
  DeltaReader delta;
};

void Decoder::State::expect(Part next, std::size_t length) {
  part = next;
  need = length;
  held.clear();
}

Status Decoder::State::consume(BytesView bytes) {
  while (true) {
    if (part == Part::over) {
      if (bytes.empty()) return {};
      return fail(malformed("bytes after its end"));
    }
    if (need > 0 && bytes.empty()) return {};
    const auto piece = bytes.first(std::min(need, bytes.size()));
    bytes = bytes.subspan(piece.size());
    need -= piece.size();
    total += piece.size();
    DEPLOYCTL_CHECK(take(piece));
    if (need > 0) continue;
    DEPLOYCTL_CHECK(part_read());
  }
}

Status Decoder::State::take(BytesView piece) {
  // The kind is hashed later, once it is known not to begin the end record.
  if (part != Part::kind && part != Part::end) all.update(piece);
  if (!is_body()) {
    held.insert(held.end(), piece.begin(), piece.end());
    return {};
  }
  if (part == Part::body) return blame(take_body(piece));
  return inflater.feed(piece, [this](BytesView plain) -> Status {
    json += as_text(plain);
    return {};
  });
}

Status Decoder::State::part_read() {
  switch (part) {
    case Part::header: {
      DEPLOYCTL_CHECK(format::check_header(held));
      expect(Part::manifest_head, format::manifest_head_size);
      return {};
    }
    case Part::manifest_head:
      return begin_manifest();
    case Part::manifest:
      return end_manifest();
    case Part::kind:
      return read_kind();
    case Part::window_head:
      return read_window_head();
    case Part::lists:
      return begin_window();
    case Part::body:
      return blame(end_window());
    case Part::end:
      return check_end();
    case Part::over:
      break;
  }
  return {};
}

Status Decoder::State::begin_manifest() {
  DEPLOYCTL_TRY(lengths, format::read_manifest_head(held));
  expect(Part::manifest, lengths.coded);
  json.reserve(lengths.plain);  // bounded by the format; growing the string stepwise would need twice the memory
  return inflater.begin(lengths.plain, {});
}

Result<model::Manifest> Decoder::State::read_manifest() const {
  // Verified before it is parsed: a coded megabyte can expand to a manifest whose entries need hundreds of megabytes.
  if (!model::ManifestChange::begins(json)) {
    if (sha256(json) != expected) return fail(other_manifest());
    return model::Manifest::parse(json);
  }
  DEPLOYCTL_TRY(base, model::ManifestChange::base_of(json));
  if (!base_manifest || base_manifest->digest() != base)
    return fail(no_base(base, "the payload changes its manifest, which isn't here"));
  DEPLOYCTL_TRY(change, model::ManifestChange::parse(json));
  return change.apply(*base_manifest);
}

Status Decoder::State::end_manifest() {
  DEPLOYCTL_CHECK(inflater.finish());
  DEPLOYCTL_TRY(manifest, read_manifest());
  if (manifest.digest() != expected) return fail(other_manifest());
  json = std::string();
  DEPLOYCTL_CHECK(contents.know(manifest));
  DEPLOYCTL_CHECK(sink.begin(manifest));
  expect(Part::kind, 1);
  return {};
}

Status Decoder::State::read_kind() {
  const std::uint8_t kind = held.front();
  if (kind == format::end_kind) {
    expect(Part::end, Digest::size);
    return {};
  }
  if (kind != format::window_kind) return fail(malformed("a record of the unknown kind " + std::to_string(kind)));
  all.update({&kind, 1});
  expect(Part::window_head, format::window_head_size);
  return {};
}

Status Decoder::State::read_window_head() {
  DEPLOYCTL_TRY(read, format::read_window_head(held));
  head = std::move(read);
  expect(Part::lists, head.lists_size());
  return {};
}

Status Decoder::State::begin_window() {
  DEPLOYCTL_TRY(read, format::read_window_lists(std::move(head), held));
  window = std::move(read);
  if (!contents.within()) prefix.forget();
  DEPLOYCTL_CHECK(contents.announce(window.starts, window.plain));
  DEPLOYCTL_CHECK(begin_body());
  expect(Part::body, window.coded);
  return {};
}

// The memory for a delta and for a prefix is never held at once; memory that the next window can reuse is kept.
Status Decoder::State::begin_body() {
  if (window.coding == Coding::delta) {
    inflater.release();
    prefix.release();
    const Region& region = window.regions.front();
    DEPLOYCTL_TRY(base, prefix.open(region.content));
    delta.begin(window.plain, std::move(base), region);
    return {};
  }
  if (window.coding == Coding::raw) return {};
  delta.release();
  DEPLOYCTL_CHECK(prefix.load(window.regions));
  return inflater.begin(window.plain, prefix.bytes());
}

Status Decoder::State::take_body(BytesView piece) {
  if (window.coding == Coding::raw) return contents.write(piece);
  const auto write = [this](BytesView plain) { return contents.write(plain); };
  return window.coding == Coding::delta ? delta.feed(piece, write) : inflater.feed(piece, write);
}

Status Decoder::State::end_window() {
  if (window.coding != Coding::raw) {
    DEPLOYCTL_CHECK(window.coding == Coding::delta ? delta.finish() : inflater.finish());
  }
  DEPLOYCTL_CHECK(contents.end_window());
  expect(Part::kind, 1);
  return {};
}

// Wrong bytes may be caused by a damaged base. Reports that case as Code::not_found, because a payload without the base
// helps then.
Status Decoder::State::blame(Status status) {
  if (status || status.error().code != Code::verification || contents.sink_failed()) return status;
  DEPLOYCTL_CHECK(prefix.verify());
  return status;
}

Status Decoder::State::check_end() {
  if (Reader(held).digest() != all.finish()) return fail(malformed("its end has another digest than its bytes"));
  if (contents.within()) return fail(malformed("it ends within a file"));
  expect(Part::over, 0);
  return {};
}

Decoder::Decoder(Digest expected, OpenContent base, TreeSink& sink, const model::Manifest* base_manifest)
    : state_(std::make_unique<State>(expected, std::move(base), sink, base_manifest)) {}
Decoder::~Decoder() = default;

Status Decoder::feed(BytesView chunk) {
  if (state_->failed) return fail(*state_->failed);
  auto fed = state_->consume(chunk);
  if (!fed) state_->failed = fed.error();
  return fed;
}

Status Decoder::finish() {
  if (state_->failed) return fail(*state_->failed);
  if (state_->part == State::Part::over) return {};
  return fail(Code::verification, "the payload ends too early, after " + std::to_string(state_->total) + " bytes");
}

}  // namespace deployctl::payload
