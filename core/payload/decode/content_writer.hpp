// The plain bytes of a payload, cut into the contents that they are: each known to the manifest, given once,
// verified. Private to the room. One thread.
#pragma once

#include <deque>
#include <unordered_map>

#include "core/payload/decode/decode.hpp"

namespace deployctl::payload {

class ContentWriter {
 public:
  explicit ContentWriter(TreeSink& sink) : sink_(sink) {}

  // The contents there can be. Code::invalid when one has two sizes.
  Status know(const model::Manifest& manifest);
  // A window of `plain` bytes in which these contents begin.
  Status announce(const std::vector<Digest>& starts, std::uint64_t plain);
  Status write(BytesView bytes);
  // Every content announced has begun.
  Status end_window();

  bool within() const { return open_; }              // between the beginning and the end of a content
  bool sink_failed() const { return sink_failed_; }  // the last error was the sink's own

 private:
  struct Known {
    std::uint64_t size = 0;
    bool given = false;
  };
  struct Start {
    Digest content;
    std::uint64_t size = 0;
  };
  Result<std::uint64_t> expect(const Digest& content);
  Status begin_next();
  Status end_content();
  Status of_sink(Status status);

  TreeSink& sink_;
  std::unordered_map<Digest, Known> known_;
  std::deque<Start> waiting_;
  bool open_ = false;
  bool sink_failed_ = false;
  Start current_;           // while open_
  std::uint64_t left_ = 0;  // bytes of current_ still to come
  Hasher hasher_;
};

}  // namespace deployctl::payload
