// An agent session that was begun before anybody asked for it: what the agent said is kept, pings hold it open, and
// once there is a client all bytes go to him. Private to the room. One strand; its coroutines keep it alive until the
// stream ends.
#pragma once

#include <memory>

#include "core/base/duration.hpp"
#include "core/io/byte_stream.hpp"
#include "core/io/notifier.hpp"

namespace deployctl::remote::detail {

using asio::awaitable;

class PrewarmedSession : public std::enable_shared_from_this<PrewarmedSession> {
 public:
  // `owner` is what the stream needs to live.
  static std::shared_ptr<PrewarmedSession> start(std::unique_ptr<io::ByteStream> stream, std::shared_ptr<void> owner);

  // On the clock that counts sleep: a login that was fresh before is none afterwards.
  static Duration boot_time();
  // The agent runs and has been heard of lately: whoever gets it will not wait for an answer that can't come.
  bool fresh(Duration now = boot_time()) const;
  // It ran, or was to run, and is heard of no more.
  bool went_silent(Duration now = boot_time()) const;
  // Good for nobody: it ended, or the host lacks the agent. Installing is for who needs it, and he begins anew.
  bool useless() const;
  // Bytes both ways until either side ends.
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
  Bytes said_;                              // before there was a client
  std::shared_ptr<io::ByteStream> client_;  // who gets what comes
  bool taken_ = false, over_ = false;
  bool pinging_ = false;  // a ping is being written: nobody else may write
  bool speaks_ = false;   // the agent's magic has come
  Duration heard_;        // boot_time()
};

}  // namespace deployctl::remote::detail
