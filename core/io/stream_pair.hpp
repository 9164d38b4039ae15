// Two ends of a connection within this process, mainly for tests of protocols.
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
