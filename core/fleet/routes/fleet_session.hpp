// One session that starts here, to a relay or a direct target. It is opened on demand, by one login shared by all
// callers, and again after it was lost. After a failed login, no new one is tried for ten seconds; until then the
// callers get its error. The same applies to a peer that broke the protocol, so that a hostile peer's flood is not
// handled again for each request. Private to fleet_links. One strand.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <functional>
#include <memory>

#include "core/io/cancel_token.hpp"
#include "core/io/notifier.hpp"
#include "core/link/agent_link.hpp"

namespace deployctl::fleet::detail {

using asio::awaitable;
using Link = std::shared_ptr<link::AgentLink>;

class LinkSession : public std::enable_shared_from_this<LinkSession> {
 public:
  using LogIn = std::function<awaitable<Result<Link>>()>;
  // `ending` cancels a login in progress.
  LinkSession(asio::any_io_executor executor, LogIn log_in, io::CancelToken ending);

  awaitable<Result<Link>> open();
  const Link& link() const { return link_; }  // null: never opened; may be closed
  bool alive() const { return link_ && !link_->closed(); }
  std::uint64_t sent() const { return sent_before_ + (link_ ? link_->sent() : 0); }
  void close();

 private:
  void note_broken_protocol();
  static awaitable<void> run_login(std::shared_ptr<LinkSession> self);

  asio::any_io_executor executor_;
  LogIn log_in_;
  io::CancelToken ending_;
  io::Notifier changed_;  // signals the end of a login
  bool logging_in_ = false;
  Link link_;
  std::optional<Error> failed_;  // error of the last login
  SteadyTime failed_at_{};
  std::uint64_t sent_before_ = 0;  // by previous links
};

}  // namespace deployctl::fleet::detail
