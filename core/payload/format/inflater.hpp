// Incremental decompression of one zstd frame with bounded memory. Code::verification for a frame whose window is
// larger than 2^window_log, that yields more bytes than announced, or that is followed by other bytes. Private to the
// module. One thread.
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

  // Begins a frame of `plain` bytes. `prefix` is borrowed until finish().
  Status begin(std::uint64_t plain, BytesView prefix);
  // Raises the number of expected plain bytes by `more`.
  void allow(std::uint64_t more) { left_ += more; }
  std::uint64_t left() const { return left_; }
  // Decompresses all of `coded` into `into` and returns the number of bytes written. The last `spare` bytes of `into`
  // only serve to detect output beyond what was announced.
  static constexpr std::size_t spare = 1;
  Result<std::size_t> fill(BytesView coded, std::span<std::uint8_t> into);
  // Decompresses `coded` and passes the output to `out`. An error of `out` ends the call.
  Status feed(BytesView coded, const Out& out);
  // Code::verification unless the frame is complete.
  Status finish();
  // Frees the memory of the previous frames.
  void release();

 private:
  Status check_magic(BytesView coded);
  Result<std::size_t> inflate(BytesView& coded, std::span<std::uint8_t> into);
  struct Context;
  const int window_log_;
  std::unique_ptr<Context> context_;  // null: released
  Buffer buffer_;
  std::uint64_t left_ = 0;  // plain bytes that are still expected
  std::size_t seen_ = 0;    // coded bytes compared with the magic number so far
  bool ended_ = false;
};

}  // namespace deployctl::payload
