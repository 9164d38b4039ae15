#include "core/gate/measure.hpp"

#include <asio/thread_pool.hpp>

#include "core/io/blocking.hpp"
#include "core/io/deadline.hpp"

namespace deployctl::gate {
namespace {

using model::GateQuestion;
using model::Measured;

asio::awaitable<Result<Measured>> ask(GateQuestion question, asio::thread_pool& pool, std::string cwd) {
  if (const auto* command = std::get_if<model::CommandProbe>(&question.gate.probe))
    co_return co_await measure_command(*command, question, std::move(cwd));
  const std::function<Result<Measured>()> work = [question]() -> Result<Measured> {
    if (const auto* metric = std::get_if<model::MetricProbe>(&question.gate.probe))
      return measure_metric(*metric, question);
    return measure_webhook(std::get<model::WebhookProbe>(question.gate.probe), question);
  };
  co_return co_await io::run_blocking(pool, work);
}

}  // namespace

asio::awaitable<Measured> measure(GateQuestion question, asio::thread_pool& pool, std::string cwd,
                                  io::CancelToken token) {
  auto work = ask(std::move(question), pool, std::move(cwd));
  auto measured = co_await io::with_cancel(std::move(work), token, "the gate");
  if (measured) co_return std::move(*measured);
  co_return Measured{Measured::How::inconclusive, measured.error().text()};
}

}  // namespace deployctl::gate
