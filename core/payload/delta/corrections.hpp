// The differences between a delta's copies and its base: applies the runs and words of one segment (stream_format.hpp)
// to bytes of the base, in place. Private to the module; one thread. After a run that is longer than its copy, or a
// missing word, failed() is true.
#pragma once

#include <string_view>

#include "core/payload/delta/word_memory.hpp"
#include "core/payload/format/varint.hpp"

namespace deployctl::payload {

class Corrections {
 public:
  static constexpr std::size_t word_size = 4;

  // `memory`: the memory of the window if its words may be recalled, else null. It must outlive this object.
  Corrections(BytesView runs, BytesView words, WordMemory* memory = nullptr)
      : here_{Varints(runs), words}, memory_(memory) {}

  // Begins a copy of `n` > 0 bytes.
  void begin(std::size_t n);
  // Corrects the next bytes of the copy and returns how many are done: all, except for up to three bytes at the end
  // that begin a word of the copy. Pass those again together with the bytes that follow.
  std::size_t apply(std::span<std::uint8_t> bytes);

  bool failed() const { return !problem_.empty(); }
  std::string_view problem() const { return problem_; }
  bool used_up() const { return here_.runs.empty() && here_.words.empty(); }

 private:
  // Copied to a local variable by apply_as(), so that it stays in registers: the compiler must assume that a store
  // through a byte pointer changes members, and would reload them for every word.
  struct Here {
    Varints runs;
    BytesView words;
    std::uint64_t left = 0;  // remaining bytes of the copy
    std::uint64_t run = 0;   // bytes up to the next word
    bool known = false;      // whether that word is recalled
  };
  template <bool recalls>
  std::size_t apply_as(std::span<std::uint8_t> bytes);

  Here here_;
  WordMemory* memory_;
  std::string_view problem_;
};

}  // namespace deployctl::payload
