#include "cli/session/interrupt.hpp"

#include <unistd.h>

#include <atomic>
#include <csignal>

namespace deployctl::cli {
namespace {

std::atomic<int> first{0};
std::atomic<const io::CancelToken*> to_cancel{nullptr};
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<const io::CancelToken*>::is_always_lock_free);

void on_signal(int number) {
  int none = 0;
  if (!first.compare_exchange_strong(none, number)) ::_exit(128 + number);
  if (const auto* token = to_cancel.load()) token->cancel();
}

void catch_signal(int number) {
  struct sigaction old {};
  if (::sigaction(number, nullptr, &old) == 0 && old.sa_handler == SIG_IGN) return;
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(number, &action, nullptr);
}

}  // namespace

const io::CancelToken& Interrupt::token() {
  static const io::CancelToken token(io::CancelToken::SetBy::signals);
  return token;
}

void Interrupt::install() {
  to_cancel.store(&token());
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) catch_signal(number);
}

int Interrupt::signal() { return first.load(); }

int Interrupt::exit_code() { return signal() ? 128 + signal() : 130; }

}  // namespace deployctl::cli
