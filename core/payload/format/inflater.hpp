// One zstd frame undone piece by piece, as its bytes come, within a fixed memory: a frame whose window is
// above 2^window_log, that gives more bytes than were announced, or that anything follows is
// Code::verification. Private to the room. One thread.
#pragma once

#include <functional>
#include <memory>

#include "core/payload/format/buffer.hpp"
#include "core/payload/format/stream_format.hpp"

namespace deployctl::payload {

class Inflater {
 public:
  using Out = std::function<Status(BytesView)>;

  explicit Inflater(int window_log = max_window_log);
  ~Inflater();

  // A new frame of `plain` bytes. `prefix` is borrowed until finish().
  Status begin(std::uint64_t plain, BytesView prefix);
  // So many plain bytes more may come than were announced.
  void allow(std::uint64_t more) { left_ += more; }
  std::uint64_t left() const { return left_; }
  // Puts what comes of `coded` into `into`, whose last `spare` bytes are there to see that no more comes than
  // the rest of it can hold. Answers how many bytes came.
  static constexpr std::size_t spare = 1;
  Result<std::size_t> fill(BytesView coded, std::span<std::uint8_t> into);
  // Gives what comes of `coded` to `out`, whose error ends the work.
  Status feed(BytesView coded, const Out& out);
  // The frame must be at its end.
  Status finish();
  // Gives the memory of the last frames back.
  void release();

 private:
  Status check_magic(BytesView coded);
  Result<std::size_t> inflate(BytesView& coded, std::span<std::uint8_t> into);
  struct Context;
  const int window_log_;
  std::unique_ptr<Context> context_;  // null: released
  Buffer buffer_;
  std::uint64_t left_ = 0;  // plain bytes still to come
  std::size_t seen_ = 0;    // coded bytes so far, up to the length of the magic
  bool ended_ = false;
};

}  // namespace deployctl::payload
