// Splits the plain bytes of a payload into contents. Each content must be in the manifest, occur once and match its
// digest. Private to the module. One thread.
#pragma once

#include <deque>
#include <unordered_map>

#include "core/payload/decode/decode.hpp"

namespace deployctl::payload {

class ContentWriter {
 public:
  explicit ContentWriter(TreeSink& sink) : sink_(sink) {}

  // Registers the contents of the manifest. Code::invalid if one has two sizes.
  Status know(const model::Manifest& manifest);
  // Begins a window of `plain` bytes in which the contents `starts` begin.
  Status announce(const std::vector<Digest>& starts, std::uint64_t plain);
  Status write(BytesView bytes);
  // Ends the window; all announced contents must have begun.
  Status end_window();

  bool within() const { return open_; }              // whether a content is incomplete
  bool sink_failed() const { return sink_failed_; }  // whether the last error came from the sink

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
  std::uint64_t left_ = 0;  // missing bytes of current_
  Hasher hasher_;
};

}  // namespace deployctl::payload
