// Remembers what was last added to each word of a delta's base; encoder and decoder keep it in the same state. A field
// with an offset or an address changes in the same way wherever it occurs, so most words of a program's debugging
// information need to be sent only once. Words with the same hash share an entry; the last one wins. Private to the
// module; one thread. Allocates 1 MiB on first use.
#pragma once

#include <cstdint>
#include <vector>

namespace deployctl::payload {

class WordMemory {
 public:
  // A view of the table for lookups in a loop. Valid until forget() or release().
  class Table {
   public:
    Table() = default;
    // 0 means that nothing is stored: 0 is never added to a word.
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
  static constexpr std::uint32_t spread =
      2654435761;  // Knuth's multiplicative hashing: 2^32 divided by the golden ratio
  std::vector<std::uint32_t> table_;
};

}  // namespace deployctl::payload
