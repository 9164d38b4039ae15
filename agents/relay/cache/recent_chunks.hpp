// The most recently received or read chunks, in memory, so that targets which keep up are served without disk access.
// Bounded in bytes, whatever the number of payloads and targets. One strand.
#pragma once

#include <deque>
#include <optional>

#include "core/base/bytes.hpp"
#include "core/base/digest.hpp"

namespace deployctl::relay {

class RecentChunks {
 public:
  explicit RecentChunks(std::size_t max_bytes) : max_(max_bytes) {}

  void put(const Digest& payload, std::uint32_t number, const Bytes& bytes) {
    chunks_.push_back({payload, number, bytes});
    held_ += bytes.size();
    while (held_ > max_) {
      held_ -= chunks_.front().bytes.size();
      chunks_.pop_front();
    }
  }
  std::optional<Bytes> find(const Digest& payload, std::uint32_t number) const {
    for (const auto& chunk : chunks_)
      if (chunk.number == number && chunk.payload == payload) return chunk.bytes;
    return std::nullopt;
  }
  std::size_t held() const { return held_; }

 private:
  struct Chunk {
    Digest payload;
    std::uint32_t number;
    Bytes bytes;
  };
  std::deque<Chunk> chunks_;
  std::size_t max_, held_ = 0;
};

}  // namespace deployctl::relay
