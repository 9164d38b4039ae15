// What was added last to each word of a delta's base: both sides of a delta keep it alike. A field that holds an offset
// or an address becomes the same wherever it stands, so most of a program's debugging information need not be told
// twice. Words share a place by chance; whoever comes later has it. Private to the room; one thread. 1 MiB from the
// first use on.
#pragma once

#include <cstdint>
#include <vector>

namespace deployctl::payload {

class WordMemory {
 public:
  // The words, looked up in a loop; until the memory forgets or is released.
  class Table {
   public:
    Table() = default;
    // 0, which is never added: nothing yet.
    std::uint32_t& operator[](std::uint32_t word) const { return at_[(word * spread) >> (32 - bits)]; }

   private:
    friend class WordMemory;
    explicit Table(std::uint32_t* at) : at_(at) {}
    std::uint32_t* at_ = nullptr;
  };

  Table table() {
    if (table_.empty()) table_.resize(std::size_t{1} << bits);
    return Table(table_.data());
  }
  std::uint32_t& operator[](std::uint32_t word) { return table()[word]; }
  void forget() { table_.clear(); }
  void release() { table_ = {}; }

 private:
  static constexpr unsigned bits = 18;
  static constexpr std::uint32_t spread = 2654435761;  // Knuth: 2^32 by the golden ratio
  std::vector<std::uint32_t> table_;
};

}  // namespace deployctl::payload
