#include "core/payload/delta/delta_streams.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/payload/delta/word_memory.hpp"
#include "core/payload/format/varint.hpp"

namespace deployctl::payload {
namespace {

constexpr std::size_t slack = 64;  // bytes that one step may add after the size was checked
constexpr std::size_t word_size = 4;

std::uint32_t load_bytes(const std::uint8_t* at, std::size_t n) {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < n; ++i) word |= std::uint32_t{at[i]} << (8 * i);
  return word;
}

class Splitter {
 public:
  Splitter(BytesView base, BytesView plain, Words words)
      : base_(base), plain_(plain), recalls_(words == Words::recalled) {}

  void literals(std::size_t end);
  void copy(const Copy& copy);
  DeltaStreams end();

 private:
  Bytes& stream(DeltaStream which) { return out_.bytes[static_cast<std::size_t>(which)]; }
  std::size_t room() const;
  void operation(std::size_t literals, std::size_t copied, std::size_t from);
  std::size_t differences(const std::uint8_t* from, std::size_t length);
  bool known(std::uint32_t old, std::uint32_t added);
  void cut();

  const BytesView base_;
  const BytesView plain_;
  const bool recalls_;
  WordMemory memory_;
  DeltaStreams out_;
  std::array<std::size_t, delta_streams> cut_{};  // where the current segment began in each stream
  std::size_t plain_cut_ = 0;
  std::size_t at_ = 0;       // offset in plain
  std::size_t from_ = 0;     // offset in the base after the last copy
  std::size_t pending_ = 0;  // literals whose operation is not written yet
};

// How many bytes of streams still fit into the segment.
std::size_t Splitter::room() const {
  std::size_t used = slack;
  for (std::size_t i = 0; i < delta_streams; ++i) used += out_.bytes[i].size() - cut_[i];
  return used < max_segment ? max_segment - used : 0;
}

void Splitter::cut() {
  if (pending_ > 0) operation(std::exchange(pending_, 0), 0, 0);
  DeltaSegment segment;
  segment.recalls = recalls_;
  segment.plain = static_cast<std::uint32_t>(at_ - plain_cut_);
  for (std::size_t i = 0; i < delta_streams; ++i) {
    segment.streams[i] = static_cast<std::uint32_t>(out_.bytes[i].size() - cut_[i]);
    cut_[i] = out_.bytes[i].size();
  }
  plain_cut_ = at_;
  out_.segments.push_back(segment);
}

void Splitter::operation(std::size_t literals, std::size_t copied, std::size_t from) {
  Bytes& control = stream(DeltaStream::control);
  put_varint(control, literals);
  put_varint(control, copied);
  if (copied == 0) return;
  put_varint(control, fold(static_cast<std::int64_t>(from) - static_cast<std::int64_t>(from_)));
  from_ = from + copied;
}

void Splitter::literals(std::size_t end) {
  while (at_ < end) {
    if (room() == 0) cut();
    const std::size_t n = std::min(end - at_, room());
    const auto piece = plain_.subspan(at_, n);
    stream(DeltaStream::literals).insert(stream(DeltaStream::literals).end(), piece.begin(), piece.end());
    at_ += n;
    pending_ += n;
  }
}

// Whether `added` is what was last added to `old`; stores it.
bool Splitter::known(std::uint32_t old, std::uint32_t added) { return std::exchange(memory_[old], added) == added; }

// Writes as much of a copy as fits into the segment, as runs of equal bytes, each followed by a word unless the copy
// ends with it. Returns the number of bytes written.
std::size_t Splitter::differences(const std::uint8_t* from, std::size_t length) {
  const std::uint8_t* bytes = plain_.data() + at_;
  Bytes &runs = stream(DeltaStream::runs), &words = stream(DeltaStream::words);
  std::size_t left = room(), at = 0;
  while (at < length && left >= 2 * word_size) {
    const std::size_t run = common_length(from + at, bytes + at, length - at);
    at += run;
    const std::size_t n = std::min(word_size, length - at);
    const std::uint32_t old = load_bytes(from + at, n), word = load_bytes(bytes + at, n) - old;
    const bool recalled = recalls_ && n == word_size && known(old, word);
    put_varint(runs, recalls_ ? 2 * run + (recalled ? 1 : 0) : run);
    for (std::size_t i = 0; i < n && !recalled; ++i) words.push_back(static_cast<std::uint8_t>(word >> (8 * i)));
    at += n;
    left -= 2 * word_size;  // a word and the varint of a run of up to 2^28 bytes
  }
  return at;
}

void Splitter::copy(const Copy& copy) {
  literals(copy.at);
  for (std::size_t done = 0; done < copy.length;) {
    if (room() < 2 * word_size) cut();
    const std::size_t n = differences(base_.data() + copy.from + done, copy.length - done);
    operation(std::exchange(pending_, 0), n, copy.from + done);
    done += n;
    at_ += n;
  }
}

DeltaStreams Splitter::end() {
  literals(plain_.size());
  cut();
  return std::move(out_);
}

}  // namespace

std::size_t DeltaStreams::size() const {
  return std::accumulate(bytes.begin(), bytes.end(), std::size_t{0},
                         [](std::size_t sum, const Bytes& stream) { return sum + stream.size(); });
}

DeltaStreams delta_streams_of(BytesView base, BytesView plain, const std::vector<Copy>& copies, Words words) {
  Splitter splitter(base, plain, words);
  for (const auto& copy : copies) splitter.copy(copy);
  return splitter.end();
}

}  // namespace deployctl::payload
