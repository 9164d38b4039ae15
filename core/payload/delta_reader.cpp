#include "core/payload/delta_reader.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/payload/varint.hpp"

namespace deployctl::payload {
namespace {

constexpr std::size_t out_size = 64 * 1024;
constexpr std::size_t word_size = 4;

Error bad_delta(const std::string& why) { return malformed("a delta " + why); }

}  // namespace

DeltaReader::DeltaReader(std::uint32_t plain, std::unique_ptr<BaseRegion> base)
    : base_(std::move(base)), left_(plain) {
  out_.reserve(out_size);
}

Status DeltaReader::feed(BytesView coded, const Out& out) {
  while (!coded.empty()) {
    const auto piece = coded.first(std::min(need_, coded.size()));
    coded = coded.subspan(piece.size());
    held_.insert(held_.end(), piece.begin(), piece.end());
    need_ -= piece.size();
    if (need_ > 0) continue;
    if (in_head_) {
      DEPLOYCTL_CHECK(begin_segment());
    }
    if (need_ > 0 || in_head_) continue;
    DEPLOYCTL_CHECK(end_segment(out));
  }
  return {};
}

Status DeltaReader::begin_segment() {
  DEPLOYCTL_TRY(segment, format::read_segment_head(held_));
  if (segment.plain > left_) return fail(bad_delta("gives more bytes than its window has"));
  segment_ = segment;
  need_ = std::accumulate(segment.coded.begin(), segment.coded.end(), std::size_t{0});
  in_head_ = false;
  held_.clear();
  return {};
}

Status DeltaReader::end_segment(const Out& out) {
  BytesView coded = held_;
  for (std::size_t i = 0; i < delta_streams; ++i) {
    DEPLOYCTL_CHECK(inflate(i, coded.first(segment_.coded[i])));
    coded = coded.subspan(segment_.coded[i]);
  }
  DEPLOYCTL_CHECK(apply(out));
  DEPLOYCTL_CHECK(flush(out));
  in_head_ = true;
  need_ = format::segment_head_size;
  held_.clear();
  return {};
}

Status DeltaReader::inflate(std::size_t number, BytesView coded) {
  Stream& stream = streams_[number];
  const std::size_t size = segment_.streams[number];
  stream.bytes.clear();
  if (coded.empty() && size == 0) return {};
  if (!std::exchange(stream.begun, true)) {
    DEPLOYCTL_CHECK(stream.inflater.begin(0, {}));
  }
  stream.inflater.allow(size);
  stream.bytes.reserve(size);
  DEPLOYCTL_CHECK(stream.inflater.feed(coded, [&stream](BytesView plain) -> Status {
    stream.bytes.insert(stream.bytes.end(), plain.begin(), plain.end());
    return {};
  }));
  if (stream.inflater.left() == 0) return {};
  return fail(bad_delta("has a stream that is shorter than announced"));
}

Status DeltaReader::apply(const Out& out) {
  Varints control(stream(DeltaStream::control)), runs(stream(DeltaStream::runs));
  words_ = literals_ = 0;
  std::uint64_t lacking = segment_.plain;
  while (!control.empty()) {
    const auto literal = control.next(lacking);
    const auto copied = control.next(lacking - literal);
    if (control.failed()) return fail(bad_delta("tells of more bytes than its segment has"));
    lacking -= literal + copied;
    DEPLOYCTL_CHECK(literals(literal, out));
    if (copied == 0) continue;
    // Both are below 2^33: no overflow.
    const auto place = static_cast<std::int64_t>(from_) + unfold(control.next(std::uint64_t{1} << 33));
    const std::int64_t size = base_->size();
    if (control.failed() || place < 0 || place > size || copied > static_cast<std::uint64_t>(size - place))
      return fail(bad_delta("copies from outside of its base"));
    from_ = static_cast<std::uint64_t>(place);
    DEPLOYCTL_CHECK(copy(copied, runs, out));
  }
  const bool used_up = runs.empty() && !runs.failed() && words_ == stream(DeltaStream::words).size() &&
                       literals_ == stream(DeltaStream::literals).size();
  if (lacking > 0 || !used_up) return fail(bad_delta("whose streams don't fit each other"));
  return {};
}

Status DeltaReader::literals(std::size_t n, const Out& out) {
  const auto all = stream(DeltaStream::literals);
  if (n > all.size() - literals_) return fail(bad_delta("lacks literals"));
  const auto piece = all.subspan(literals_, n);
  literals_ += n;
  return give(piece, out);
}

Status DeltaReader::copy(std::size_t n, Varints& runs, const Out& out) {
  while (n > 0) {
    const auto run = runs.next(n);
    if (runs.failed()) return fail(bad_delta("has a run that is no part of its copy"));
    DEPLOYCTL_CHECK(copy_run(run, out));
    n -= run;
    const auto word = std::min(n, word_size);
    if (word == 0) break;
    if (out_.size() + word_size > out_size) {
      DEPLOYCTL_CHECK(flush(out));
    }
    DEPLOYCTL_CHECK(copy_word(word));
    n -= word;
  }
  return {};
}

Status DeltaReader::copy_run(std::size_t n, const Out& out) {
  while (n > 0) {
    if (out_.size() == out_size) {
      DEPLOYCTL_CHECK(flush(out));
    }
    const std::size_t at = out_.size(), piece = std::min(n, out_size - at);
    out_.resize(at + piece);
    DEPLOYCTL_CHECK(base_->read(from_, std::span(out_).subspan(at)));
    from_ += piece;
    n -= piece;
  }
  return {};
}

Status DeltaReader::copy_word(std::size_t n) {
  const auto words = stream(DeltaStream::words);
  if (n > words.size() - words_) return fail(bad_delta("lacks words"));
  std::array<std::uint8_t, word_size> old{};
  DEPLOYCTL_CHECK(base_->read(from_, std::span(old).first(n)));
  std::uint32_t carry = 0;
  for (std::size_t i = 0; i < n; ++i) {
    carry += std::uint32_t{old[i]} + words[words_ + i];
    out_.push_back(static_cast<std::uint8_t>(carry));
    carry >>= 8;
  }
  words_ += n;
  from_ += n;
  return {};
}

Status DeltaReader::give(BytesView bytes, const Out& out) {
  while (!bytes.empty()) {
    if (out_.size() == out_size) {
      DEPLOYCTL_CHECK(flush(out));
    }
    const auto piece = bytes.first(std::min(bytes.size(), out_size - out_.size()));
    out_.insert(out_.end(), piece.begin(), piece.end());
    bytes = bytes.subspan(piece.size());
  }
  return {};
}

Status DeltaReader::flush(const Out& out) {
  if (out_.empty()) return {};
  left_ -= out_.size();
  DEPLOYCTL_CHECK(out(out_));
  out_.clear();
  return {};
}

Status DeltaReader::finish() {
  if (!in_head_ || !held_.empty()) return fail(bad_delta("ends within a segment"));
  if (left_ > 0) return fail(bad_delta("gives fewer bytes than its window has"));
  for (auto& stream : streams_) {
    if (!stream.begun) continue;
    DEPLOYCTL_CHECK(stream.inflater.finish());
  }
  return {};
}

}  // namespace deployctl::payload
