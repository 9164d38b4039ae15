#include "core/payload/corrections.hpp"

#include <algorithm>

namespace deployctl::payload {
namespace {

std::uint32_t load(const std::uint8_t* at) {
  return std::uint32_t{at[0]} | std::uint32_t{at[1]} << 8 | std::uint32_t{at[2]} << 16 |
         std::uint32_t{at[3]} << 24;
}

void store(std::uint8_t* at, std::uint32_t word) {
  at[0] = static_cast<std::uint8_t>(word);
  at[1] = static_cast<std::uint8_t>(word >> 8);
  at[2] = static_cast<std::uint8_t>(word >> 16);
  at[3] = static_cast<std::uint8_t>(word >> 24);
}

}  // namespace

void Corrections::begin(std::size_t n) {
  left_ = n;
  next_run();
}

void Corrections::next_run() {
  const auto next = runs_.next(memory_ ? 2 * left_ + 1 : left_);
  run_ = memory_ ? next / 2 : next;
  known_ = memory_ && next % 2 == 1;
  if (runs_.failed()) problem_ = "has a run that is no part of its copy";
}

bool Corrections::recall(std::uint8_t* to, std::size_t n) {
  if (n < word_size) {
    problem_ = "recalls a part of a word";
    return false;
  }
  const auto word = load(to);
  store(to, word + (*memory_)[word]);
  return true;
}

bool Corrections::add_word(std::uint8_t* to, std::size_t n) {
  if (known_) return recall(to, n);
  if (n > words_.size()) {
    problem_ = "lacks words";
    return false;
  }
  if (n == word_size) {
    const auto word = load(to), added = load(words_.data());
    if (memory_) (*memory_)[word] = added;
    store(to, word + added);
  } else {
    std::uint32_t carry = 0;
    for (std::size_t i = 0; i < n; ++i, carry >>= 8) {
      carry += std::uint32_t{to[i]} + words_[i];
      to[i] = static_cast<std::uint8_t>(carry);
    }
  }
  words_ = words_.subspan(n);
  return true;
}

std::size_t Corrections::apply(std::span<std::uint8_t> bytes) {
  std::size_t at = 0;
  while (!failed()) {
    const std::size_t own = std::min<std::uint64_t>(run_, bytes.size() - at);
    at += own;
    run_ -= own;
    left_ -= own;
    const std::size_t word = std::min<std::uint64_t>(left_, word_size);
    if (run_ > 0 || word == 0 || word > bytes.size() - at) break;
    if (!add_word(bytes.data() + at, word)) break;
    at += word;
    left_ -= word;
    if (left_ == 0) break;
    next_run();
  }
  return at;
}

}  // namespace deployctl::payload
