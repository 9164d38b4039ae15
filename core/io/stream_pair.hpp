// Two ends of one connection within this process, for whoever speaks a protocol with itself: tests above all.
#pragma once

#include <memory>

#include "core/io/byte_stream.hpp"

namespace deployctl::io {

struct StreamPair {
  std::unique_ptr<ByteStream> first;
  std::unique_ptr<ByteStream> second;
};
Result<StreamPair> make_stream_pair(asio::any_io_executor executor);

}  // namespace deployctl::io
