// In what a delta's copies differ from its base: the runs and words of one segment (stream_format.hpp),
// applied to bytes of the base where they lie. Private to the room; one thread. A run that is no part of its
// copy and a word that is not there set it failed.
#pragma once

#include <string_view>

#include "core/payload/varint.hpp"
#include "core/payload/word_memory.hpp"

namespace deployctl::payload {

class Corrections {
 public:
  static constexpr std::size_t word_size = 4;

  // `memory`: of the window, where its words are recalled; must outlive it.
  Corrections(BytesView runs, BytesView words, WordMemory* memory = nullptr) : runs_(runs), words_(words), memory_(memory) {}

  // A copy of `n` bytes, not 0, begins.
  void begin(std::size_t n);
  // Corrects the next bytes of the copy. Answers how many are done: all, but for up to three that are the
  // beginning of a word and not the copy's last ones; they are to be given again, with more.
  std::size_t apply(std::span<std::uint8_t> bytes);

  bool failed() const { return !problem_.empty(); }
  std::string_view problem() const { return problem_; }
  bool used_up() const { return runs_.empty() && words_.empty(); }

 private:
  void next_run();
  bool add_word(std::uint8_t* to, std::size_t n);
  bool recall(std::uint8_t* to, std::size_t n);

  Varints runs_;
  BytesView words_;
  WordMemory* memory_;
  bool known_ = false;      // the word after the run
  std::uint64_t left_ = 0;  // bytes of the copy
  std::uint64_t run_ = 0;   // bytes up to the next word
  std::string_view problem_;
};

}  // namespace deployctl::payload
