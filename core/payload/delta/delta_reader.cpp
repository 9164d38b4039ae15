#include "core/payload/delta/delta_reader.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <string>
#include <utility>

#include "core/payload/delta/corrections.hpp"

namespace deployctl::payload {
namespace {

// Large enough for few calls of the sink, small enough to stay in the CPU cache until it is hashed and written.
constexpr std::size_t out_size = 256 * 1024;

Error bad_delta(const std::string& why) { return malformed("a delta " + why); }

}  // namespace

void DeltaReader::begin(std::uint32_t plain, io::Fd base, const Region& region) {
  base_.open(std::move(base), region);
  memory_.forget();
  for (auto& stream : streams_) stream.begun = false;
  out_ = out_memory_.room(out_size);
  left_ = plain;
  in_head_ = true;
  need_ = format::segment_head_size;
  held_.clear();
  from_ = filled_ = 0;
}

void DeltaReader::release() {
  base_.close();
  memory_.release();
  for (auto& stream : streams_) stream.inflater.release();
  stream_memory_.release();
  out_memory_.release();
  held_ = Bytes();
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
  held_.reserve(need_);
  return {};
}

Status DeltaReader::end_segment(const Out& out) {
  BytesView coded = held_;
  const auto sizes = std::accumulate(segment_.streams.begin(), segment_.streams.end(), std::size_t{0});
  auto room = stream_memory_.room(sizes + delta_streams * Inflater::spare);
  for (std::size_t i = 0; i < delta_streams; ++i) {
    const auto piece = room.first(segment_.streams[i] + Inflater::spare);
    room = room.subspan(piece.size());
    DEPLOYCTL_CHECK(inflate(streams_[i], coded.first(segment_.coded[i]), piece));
    coded = coded.subspan(segment_.coded[i]);
  }
  DEPLOYCTL_CHECK(apply(out));
  DEPLOYCTL_CHECK(flush(out));
  in_head_ = true;
  need_ = format::segment_head_size;
  held_.clear();
  return {};
}

Status DeltaReader::inflate(Stream& stream, BytesView coded, std::span<std::uint8_t> room) {
  stream.bytes = room.first(room.size() - Inflater::spare);
  if (coded.empty() && stream.bytes.empty()) return {};
  if (!std::exchange(stream.begun, true)) {
    DEPLOYCTL_CHECK(stream.inflater.begin(0, {}));
  }
  stream.inflater.allow(stream.bytes.size());
  DEPLOYCTL_TRY(given, stream.inflater.fill(coded, room));
  if (given == stream.bytes.size()) return {};
  return fail(bad_delta("has a stream that is shorter than announced"));
}

Status DeltaReader::apply(const Out& out) {
  Varints control(stream(DeltaStream::control));
  Corrections corrections(stream(DeltaStream::runs), stream(DeltaStream::words), segment_.recalls ? &memory_ : nullptr);
  literals_ = stream(DeltaStream::literals);
  std::uint64_t lacking = segment_.plain;
  while (!control.empty()) {
    const auto literal = control.next(lacking);
    const auto copied = control.next(lacking - literal);
    if (control.failed()) return fail(bad_delta("tells of more bytes than its segment has"));
    // Unlimited empty operations would take time without producing output.
    if (literal + copied == 0) return fail(bad_delta("has an operation that gives nothing"));
    lacking -= literal + copied;
    DEPLOYCTL_CHECK(give_literals(literal, out));
    if (copied == 0) continue;
    // Both operands are at most 2^33, so the sum does not overflow.
    const auto place = static_cast<std::int64_t>(from_) + unfold(control.next(std::uint64_t{1} << 33));
    const std::int64_t size = base_.size();
    if (control.failed() || place < 0 || place > size || copied > static_cast<std::uint64_t>(size - place))
      return fail(bad_delta("copies from outside of its base"));
    from_ = static_cast<std::uint64_t>(place);
    DEPLOYCTL_CHECK(copy(copied, corrections, out));
  }
  if (lacking > 0 || !corrections.used_up() || !literals_.empty())
    return fail(bad_delta("whose streams don't fit each other"));
  return {};
}

Status DeltaReader::give_literals(std::size_t n, const Out& out) {
  if (n > literals_.size()) return fail(bad_delta("lacks literals"));
  while (n > 0) {
    DEPLOYCTL_TRY(room, room_for(1, out));
    const std::size_t piece = std::min(n, room.size());
    std::memcpy(room.data(), literals_.data(), piece);
    literals_ = literals_.subspan(piece);
    filled_ += piece;
    n -= piece;
  }
  return {};
}

// Reads the bytes of the base into the output buffer and corrects them in place.
Status DeltaReader::copy(std::size_t n, Corrections& corrections, const Out& out) {
  corrections.begin(n);
  while (n > 0) {
    DEPLOYCTL_TRY(room, room_for(Corrections::word_size, out));
    const auto piece = room.first(std::min(n, room.size()));
    DEPLOYCTL_CHECK(base_.read(from_, piece));
    const std::size_t done = corrections.apply(piece);
    if (corrections.failed()) return fail(bad_delta(std::string(corrections.problem())));
    from_ += done;
    filled_ += done;
    n -= done;
  }
  return {};
}

Result<std::span<std::uint8_t>> DeltaReader::room_for(std::size_t least, const Out& out) {
  if (out_.size() - filled_ < least) {
    DEPLOYCTL_CHECK(flush(out));
  }
  return out_.subspan(filled_);
}

Status DeltaReader::flush(const Out& out) {
  if (filled_ == 0) return {};
  const BytesView plain = out_.first(std::exchange(filled_, 0));
  left_ -= plain.size();
  return out(plain);
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
