// An agent session that is started before a client requests it. The agent's output is buffered and pings keep the
// session open; once there is a client, all bytes are forwarded to it. Private to the module. One strand; its
// coroutines keep it alive until the stream ends.
#pragma once

#include <memory>

#include "core/base/duration.hpp"
#include "core/io/byte_stream.hpp"
#include "core/io/notifier.hpp"

namespace deployctl::remote::detail {

using asio::awaitable;

class PrewarmedSession : public std::enable_shared_from_this<PrewarmedSession> {
 public:
  // `owner` is kept alive as long as the stream.
  static std::shared_ptr<PrewarmedSession> start(std::unique_ptr<io::ByteStream> stream, std::shared_ptr<void> owner);

  // CLOCK_BOOTTIME, which includes time in suspend: after a suspend, no session counts as fresh.
  static Duration boot_time();
  // True if the agent runs and has sent something within the last 8 s, so that a client does not wait for a dead
  // connection.
  bool fresh(Duration now = boot_time()) const;
  // True if the agent was started but nothing was received for 8 s.
  bool went_silent(Duration now = boot_time()) const;
  // True if the session ended or the host lacks the agent. A client that needs the agent starts a new session and
  // installs it.
  bool useless() const;
  // Forwards bytes both ways until either side ends.
  awaitable<void> bridge(std::shared_ptr<io::ByteStream> client);
  void close() { stream_->close(); }

 private:
  PrewarmedSession(std::unique_ptr<io::ByteStream> stream, std::shared_ptr<void> owner);
  bool lacks_agent() const;
  static awaitable<void> pump(std::shared_ptr<PrewarmedSession> self);
  static awaitable<void> keep_alive(std::shared_ptr<PrewarmedSession> self);

  std::shared_ptr<void> owner_;
  std::unique_ptr<io::ByteStream> stream_;
  io::Notifier changed_;
  Bytes said_;                              // received before there was a client
  std::shared_ptr<io::ByteStream> client_;  // receives the output
  bool taken_ = false, over_ = false;
  bool pinging_ = false;  // a ping is being written: no other write may start
  bool speaks_ = false;   // the agent's magic has arrived
  Duration heard_;        // boot_time() of the last data
};

}  // namespace deployctl::remote::detail
