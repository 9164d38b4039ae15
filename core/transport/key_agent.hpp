// A client of ssh-agent over its socket: lists keys and signs. Blocking. Each send or receive times out after 10 s,
// so that a stuck agent cannot block a strand for longer. Private to the module.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/io/fd.hpp"

namespace deployctl::transport::detail {

class KeyAgent {
 public:
  struct Identity {
    std::string blob;
    std::string comment;
  };
  // Connects to SSH_AUTH_SOCK. Code::not_found if it is not set or the agent cannot be reached.
  static Result<KeyAgent> connect();
  static Result<KeyAgent> connect(const std::string& socket);

  Result<std::vector<Identity>> list();
  // Returns the signature's bytes without the algorithm name that precedes them. Code::refused if the agent refuses.
  Result<std::string> sign(std::string_view blob, std::string_view data);

 private:
  explicit KeyAgent(io::Fd socket) : socket_(std::move(socket)) {}
  Result<std::string> ask(const std::string& message);
  io::Fd socket_;
};

}  // namespace deployctl::transport::detail
