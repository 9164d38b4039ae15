#include "core/payload/delta/corrections.hpp"

#include <algorithm>

namespace deployctl::payload {
namespace {

std::uint32_t load_word(const std::uint8_t* at) {
  return std::uint32_t{at[0]} | std::uint32_t{at[1]} << 8 | std::uint32_t{at[2]} << 16 | std::uint32_t{at[3]} << 24;
}

void store(std::uint8_t* at, std::uint32_t word) {
  at[0] = static_cast<std::uint8_t>(word);
  at[1] = static_cast<std::uint8_t>(word >> 8);
  at[2] = static_cast<std::uint8_t>(word >> 16);
  at[3] = static_cast<std::uint8_t>(word >> 24);
}

void add_bytes(std::uint8_t* to, const std::uint8_t* added, std::size_t n) {
  std::uint32_t carry = 0;
  for (std::size_t i = 0; i < n; ++i, carry >>= 8) {
    carry += std::uint32_t{to[i]} + added[i];
    to[i] = static_cast<std::uint8_t>(carry);
  }
}

// The following return a description of the problem, or an empty view on success.

template <bool recalls, class Here>
std::string_view next_run(Here& here) {
  const auto next = here.runs.next(recalls ? 2 * here.left + 1 : here.left);
  here.run = recalls ? next / 2 : next;
  here.known = recalls && next % 2 == 1;
  return here.runs.failed() ? "has a run that is no part of its copy" : std::string_view();
}

std::string_view recall(std::uint8_t* to, std::size_t n, WordMemory::Table table) {
  if (n < Corrections::word_size) return "recalls a part of a word";
  const auto word = load_word(to);
  store(to, word + table[word]);
  return {};
}

template <bool recalls, class Here>
std::string_view add_command(Here& here, std::uint8_t* to, std::size_t n, WordMemory::Table table) {
  if (n > here.words.size()) return "lacks words";
  if (n == Corrections::word_size) {
    const auto word = load_word(to), added = load_word(here.words.data());
    if constexpr (recalls) table[word] = added;
    store(to, word + added);
  } else {
    add_bytes(to, here.words.data(), n);
  }
  here.words = here.words.subspan(n);
  return {};
}

}  // namespace

void Corrections::begin(std::size_t n) {
  here_.left = n;
  if (failed()) return;
  problem_ = memory_ ? next_run<true>(here_) : next_run<false>(here_);
}

std::size_t Corrections::apply(std::span<std::uint8_t> bytes) {
  return memory_ ? apply_as<true>(bytes) : apply_as<false>(bytes);
}

template <bool recalls>
std::size_t Corrections::apply_as(std::span<std::uint8_t> bytes) {
  Here here = here_;
  const WordMemory::Table table = recalls ? memory_->table() : WordMemory::Table();
  std::string_view problem = problem_;
  std::size_t at = 0;
  while (problem.empty()) {
    const std::size_t own = std::min<std::uint64_t>(here.run, bytes.size() - at);
    at += own;
    here.run -= own;
    here.left -= own;
    const std::size_t word = std::min<std::uint64_t>(here.left, word_size);
    if (here.run > 0 || word == 0 || word > bytes.size() - at) break;
    problem = recalls && here.known ? recall(bytes.data() + at, word, table)
                                    : add_command<recalls>(here, bytes.data() + at, word, table);
    if (!problem.empty()) break;
    at += word;
    here.left -= word;
    if (here.left == 0) break;
    problem = next_run<recalls>(here);
  }
  here_ = here;
  problem_ = problem;
  return at;
}

}  // namespace deployctl::payload
