// A connection through jump hosts: an `ssh -W` child carries it, with the user's own ssh_config for the hops.
// The stream owns the child; what ssh says when it fails becomes the error of the first read. Private to the
// room.
#pragma once

#include <memory>
#include <string>

#include "core/io/byte_stream.hpp"

namespace deployctl::transport::detail {

// The child's argv: the last of `hops` ("user@host:port,...") is logged in to, through the others.
std::vector<std::string> jump_command(const std::string& config, const std::string& hops, const std::string& host,
                                      unsigned port);

Result<std::unique_ptr<io::ByteStream>> open_jump(asio::any_io_executor executor, const std::string& config,
                                                  const std::string& hops, const std::string& host, unsigned port);

}  // namespace deployctl::transport::detail
