#include "core/payload/delta/delta_matcher.hpp"

#include <algorithm>
#include <bit>

namespace deployctl::payload {
namespace {

constexpr std::size_t margin = 8;      // additional equal bytes that another place must have to be preferred
constexpr std::size_t ahead = 64;      // minimum number of bytes that are compared to rate a place
constexpr std::size_t well = 48;       // with so many equal bytes of `ahead`, no other place is searched
constexpr std::int64_t give_up = 256;  // extending backwards stops when the score is so far below its best
// After every `hurry` steps without a match the step grows by one byte, by up to `far`.
constexpr std::size_t hurry = 256, far = 8;

std::uint64_t load_eight(const std::uint8_t* at) {
  std::uint64_t n = 0;
  std::memcpy(&n, at, sizeof n);
  return n;
}

// Finds the length of a match with the best score: number of equal bytes minus number of different bytes.
class Growth {
 public:
  bool add(bool equal) {
    ++length_;
    score_ += equal ? 1 : -1;
    if (score_ > best_score_) {
      best_score_ = score_;
      best_ = length_;
    }
    return best_score_ - score_ <= give_up;
  }
  std::size_t best() const { return best_; }

 private:
  std::int64_t score_ = 0, best_score_ = 0;
  std::size_t length_ = 0, best_ = 0;
};

class Matcher {
 public:
  Matcher(BytesView base, const DeltaIndex& index, BytesView plain, std::size_t guess)
      : base_(base), index_(index), plain_(plain), from_(std::min(guess, base.size())) {}

  std::vector<Copy> run();

 private:
  struct Candidate {
    std::size_t place = 0;
    std::size_t alike = 0;  // number of equal bytes at the beginning
    std::size_t score = 0;
  };
  bool follows();
  bool jumps();
  std::size_t agreeing(std::size_t place, std::size_t n) const;
  Candidate best_candidate() const;
  void settle(std::size_t at, std::size_t from);
  std::size_t grown_forward(std::size_t limit) const;
  std::size_t grown_backward(std::size_t at, std::size_t from) const;
  std::size_t first_part(std::size_t at, std::size_t from, std::size_t overlap) const;
  void close(std::size_t length);

  const BytesView base_;
  const DeltaIndex& index_;
  const BytesView plain_;
  std::vector<Copy> copies_;
  std::size_t scan_ = 0;   // next plain byte to look at
  std::size_t start_ = 0;  // all plain bytes before it are assigned to copies or literals
  std::size_t from_;       // offset in the base that corresponds to start_
};

// Whether the current place still matches; advances scan_ over the equal bytes.
bool Matcher::follows() {
  const std::size_t place = from_ + (scan_ - start_);
  if (place + seed_size > base_.size()) return false;
  const std::size_t most = std::min(plain_.size() - scan_, base_.size() - place);
  const std::size_t alike = common_length(base_.data() + place, plain_.data() + scan_, most);
  if (alike < seed_size) return false;
  scan_ += alike;
  return true;
}

std::size_t Matcher::agreeing(std::size_t place, std::size_t n) const {
  if (place >= base_.size()) return 0;
  n = std::min({n, plain_.size() - scan_, base_.size() - place});
  return count_equal(base_.data() + place, plain_.data() + scan_, n);
}

// The best place that the index has for the next bytes.
Matcher::Candidate Matcher::best_candidate() const {
  Candidate best;
  index_.find(plain_.data() + scan_, [&](std::size_t place) {
    const std::size_t most = std::min(plain_.size() - scan_, base_.size() - place);
    const std::size_t alike = common_length(base_.data() + place, plain_.data() + scan_, most);
    if (alike < seed_size) return;
    const std::size_t score = alike >= ahead ? alike : agreeing(place, ahead);
    if (score > best.score) best = {place, alike, score};
  });
  return best;
}

// Whether another place matches clearly better; switches to it.
bool Matcher::jumps() {
  const std::size_t place = from_ + (scan_ - start_);
  if (agreeing(place, ahead) >= well) return false;
  const Candidate found = best_candidate();
  if (found.score == 0 || found.score <= agreeing(place, std::max(found.alike, ahead)) + margin) return false;
  settle(scan_, found.place);
  scan_ += found.alike;
  return true;
}

std::size_t Matcher::grown_forward(std::size_t limit) const {
  Growth growth;
  limit = std::min(limit, base_.size() - std::min(from_, base_.size()));
  const std::uint8_t *a = base_.data() + from_, *b = plain_.data() + start_;
  for (std::size_t i = 0; i < limit; ++i) growth.add(a[i] == b[i]);
  return growth.best();
}

std::size_t Matcher::grown_backward(std::size_t at, std::size_t from) const {
  Growth growth;
  const std::size_t limit = std::min(at - start_, from);
  for (std::size_t i = 1; i <= limit; ++i)
    if (!growth.add(base_[from - i] == plain_[at - i])) break;
  return growth.best();
}

// Both matches claim the `overlap` bytes from `at` on, the second one at `from` in the base. Returns how many of them
// go to the first.
std::size_t Matcher::first_part(std::size_t at, std::size_t from, std::size_t overlap) const {
  const std::uint8_t* bytes = plain_.data() + at;
  const std::uint8_t* first = base_.data() + from_ + (at - start_);
  const std::uint8_t* second = base_.data() + from;
  std::int64_t score = 0, best = 0;
  std::size_t length = 0;
  for (std::size_t i = 0; i < overlap; ++i) {
    score += (bytes[i] == first[i]) - (bytes[i] == second[i]);
    if (score <= best) continue;
    best = score;
    length = i + 1;
  }
  return length;
}

void Matcher::close(std::size_t length) {
  if (length == 0) return;
  copies_.push_back(
      {static_cast<std::uint32_t>(start_), static_cast<std::uint32_t>(length), static_cast<std::uint32_t>(from_)});
}

// Switches to the place `from` for the bytes from about `at` on. Divides the bytes before it between the previous copy,
// the new one and literals.
void Matcher::settle(std::size_t at, std::size_t from) {
  std::size_t forward = grown_forward(at - start_);
  std::size_t backward = grown_backward(at, from);
  const std::size_t claimed = forward + backward, between = at - start_;
  if (claimed > between) {
    const std::size_t overlap = claimed - between;
    const std::size_t kept = first_part(at - backward, from - backward, overlap);
    forward -= overlap - kept;
    backward -= kept;
  }
  close(forward);
  start_ = at - backward;
  from_ = from - backward;
}

std::vector<Copy> Matcher::run() {
  std::size_t misses = 0;
  while (scan_ + seed_size <= plain_.size()) {
    if (scan_ + 2 * seed_size <= plain_.size()) index_.prepare(plain_.data() + scan_ + seed_size);
    if (follows() || jumps()) {
      misses = 0;
      continue;
    }
    scan_ += 1 + std::min(misses++ / hurry, far);
  }
  close(grown_forward(plain_.size() - start_));
  return std::move(copies_);
}

}  // namespace

std::size_t common_length(const std::uint8_t* a, const std::uint8_t* b, std::size_t n) {
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8)
    if (const std::uint64_t other = load_eight(a + i) ^ load_eight(b + i))
      return i + static_cast<std::size_t>(std::countr_zero(other)) / 8;
  while (i < n && a[i] == b[i]) ++i;
  return i;
}

std::size_t count_equal(const std::uint8_t* a, const std::uint8_t* b, std::size_t n) {
  // Eight bytes at once: each zero byte of `other` becomes 0x80, all others 0.
  constexpr std::uint64_t low = 0x7f7f7f7f7f7f7f7f;
  std::size_t equal = 0, i = 0;
  for (; i + 8 <= n; i += 8) {
    const std::uint64_t other = load_eight(a + i) ^ load_eight(b + i);
    const std::uint64_t zeros = ~(((other & low) + low) | other | low);
    equal += ((zeros >> 7) * 0x0101010101010101u) >> 56;
  }
  for (; i < n; ++i) equal += a[i] == b[i];
  return equal;
}

std::vector<Copy> match(BytesView base, const DeltaIndex& index, BytesView plain, std::size_t guess) {
  return Matcher(base, index, plain, guess).run();
}

}  // namespace deployctl::payload
