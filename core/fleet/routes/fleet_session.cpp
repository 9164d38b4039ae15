#include "core/fleet/routes/fleet_session.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include "core/io/deadline.hpp"

namespace deployctl::fleet::detail {
namespace {

constexpr Duration left_alone{std::chrono::seconds(10)};

}  // namespace

LinkSession::LinkSession(asio::any_io_executor executor, LogIn log_in, io::CancelToken ending)
    : executor_(executor), log_in_(std::move(log_in)), ending_(std::move(ending)), changed_(executor) {}

awaitable<Result<Link>> LinkSession::open() {
  const auto self = shared_from_this();
  if (ending_.cancelled()) co_return fail(Code::cancelled, "the links were closed");
  if (alive()) co_return link_;
  note_broken_protocol();
  if (failed_ && io::now_steady() < failed_at_ + left_alone) co_return fail(*failed_);
  if (!logging_in_) {
    logging_in_ = true;
    asio::co_spawn(executor_, run_login(self), asio::detached);
  }
  while (logging_in_) co_await changed_.wait();
  if (failed_) co_return fail(*failed_);
  if (!alive()) co_return fail(link_->why_closed());
  co_return link_;
}

void LinkSession::note_broken_protocol() {
  if (!link_ || logging_in_ || link_->why_closed().code != Code::invalid) return;
  auto why = link_->why_closed();
  why.code = Code::unreachable;
  failed_ = with_context(std::move(why), link_->name());
  failed_at_ = io::now_steady();
  sent_before_ += link_->sent();
  link_.reset();
}

awaitable<void> LinkSession::run_login(std::shared_ptr<LinkSession> self) {
  auto opened = co_await io::with_cancel(self->log_in_(), self->ending_, "login");
  // The agent of a reused login exited in the meantime; the second attempt starts a new one.
  if (!opened && opened.error().code == Code::disconnected)
    opened = co_await io::with_cancel(self->log_in_(), self->ending_, "login");
  if (self->link_) self->sent_before_ += self->link_->sent();
  self->link_ = opened ? *opened : nullptr;
  self->failed_.reset();
  if (!opened) {
    self->failed_ = opened.error();
    self->failed_at_ = io::now_steady();
  }
  if (self->ending_.cancelled()) self->close();
  self->logging_in_ = false;
  self->changed_.notify_all();
}

void LinkSession::close() {
  if (link_) link_->close();
}

}  // namespace deployctl::fleet::detail
