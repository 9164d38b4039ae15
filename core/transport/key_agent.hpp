// ssh-agent, spoken to over its socket: lists keys and signs. Blocking, at most 10 s a question, so that a
// stuck agent can't hold a strand for longer. Private to the room.
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
  // At SSH_AUTH_SOCK; Code::absent when there is none, or nobody answers there.
  static Result<KeyAgent> connect();
  static Result<KeyAgent> connect(const std::string& socket);

  Result<std::vector<Identity>> list();
  // The signature's bytes, as they follow the algorithm's name. Code::refused when the agent won't.
  Result<std::string> sign(std::string_view blob, std::string_view data);

 private:
  explicit KeyAgent(io::Fd socket) : socket_(std::move(socket)) {}
  Result<std::string> ask(const std::string& message);
  io::Fd socket_;
};

}  // namespace deployctl::transport::detail
