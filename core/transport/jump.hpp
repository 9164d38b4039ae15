// A connection through jump hosts, carried by an `ssh -W` child process, which uses the user's ssh_config for the
// hops. The stream owns the child. If ssh fails, the last line of its stderr becomes the error of the first read.
// Private to the module.
#pragma once

#include <memory>
#include <string>

#include "core/io/byte_stream.hpp"

namespace deployctl::transport::detail {

// Builds the argv of the child: it logs in to the last of `hops` ("user@host:port,...") through the others.
std::vector<std::string> jump_command(const std::string& config, const std::string& hops, const std::string& host,
                                      unsigned port);

Result<std::unique_ptr<io::ByteStream>> open_jump(asio::any_io_executor executor, const std::string& config,
                                                  const std::string& hops, const std::string& host, unsigned port);

}  // namespace deployctl::transport::detail
