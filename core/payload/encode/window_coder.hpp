// Codes one window without a delta, as the smallest of the chosen codings (zstd, zstd with the prefix) and the raw
// bytes. Deterministic for a given version of zstd and a given level. Private to the module. One thread at a time; a
// result is valid until the next call.
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
  // `prefix` may be empty. `plain` has at most max_window bytes, `prefix` at most max_prefix.
  Result<Coded> code(BytesView plain, BytesView prefix, const CodingChoice& choice);
  // Compresses into one zstd frame, even if that is larger than `plain`.
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
