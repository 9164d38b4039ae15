// The coding of one window without a delta: the smallest of zstd with the prefix, zstd (of those that are
// chosen), and the bytes as they are.
// Deterministic for one library version and level. Private to the room. One thread at a time; the answer is
// valid until the next call.
#pragma once

#include <memory>

#include "core/payload/format/coding_choice.hpp"
#include "core/payload/format/stream_format.hpp"

namespace deployctl::payload {

class WindowCoder {
 public:
  explicit WindowCoder(int level);
  ~WindowCoder();

  struct Coded {
    Coding coding = Coding::raw;
    BytesView bytes;
  };
  // `prefix` may be empty. `plain` is at most max_window, `prefix` at most max_prefix.
  Result<Coded> code(BytesView plain, BytesView prefix, const CodingChoice& choice);
  // One zstd frame, whatever its size.
  Result<Bytes> zstd(BytesView plain);

 private:
  Result<std::size_t> compress(BytesView plain, BytesView prefix, Bytes& out);
  struct Context;
  std::unique_ptr<Context> context_;
  int level_;
  Bytes plainly_;
  Bytes with_prefix_;
};

}  // namespace deployctl::payload
