// In what a delta's copies differ from its base: the runs and words of one segment (stream_format.hpp),
// applied to bytes of the base where they lie. Private to the room; one thread. A run that is no part of its
// copy and a word that is not there set it failed.
#pragma once

#include <string_view>

#include "core/payload/delta/word_memory.hpp"
#include "core/payload/format/varint.hpp"

namespace deployctl::payload {

class Corrections {
 public:
  static constexpr std::size_t word_size = 4;

  // `memory`: of the window, where its words are recalled; must outlive it.
  Corrections(BytesView runs, BytesView words, WordMemory* memory = nullptr)
      : here_{Varints(runs), words}, memory_(memory) {}

  // A copy of `n` bytes, not 0, begins.
  void begin(std::size_t n);
  // Corrects the next bytes of the copy. Answers how many are done: all, but for up to three that are the
  // beginning of a word and not the copy's last ones; they are to be given again, with more.
  std::size_t apply(std::span<std::uint8_t> bytes);

  bool failed() const { return !problem_.empty(); }
  std::string_view problem() const { return problem_; }
  bool used_up() const { return here_.runs.empty() && here_.words.empty(); }

 private:
  // Kept in registers while words are corrected: a store through a pointer to bytes might change a member, so the
  // compiler would read each anew for every word.
  struct Here {
    Varints runs;
    BytesView words;
    std::uint64_t left = 0;  // bytes of the copy
    std::uint64_t run = 0;   // bytes up to the next word
    bool known = false;      // that word is recalled
  };
  template <bool recalls>
  std::size_t apply_as(std::span<std::uint8_t> bytes);

  Here here_;
  WordMemory* memory_;
  std::string_view problem_;
};

}  // namespace deployctl::payload
