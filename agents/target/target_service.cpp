#include "agents/target/target_service.hpp"

#include <asio/thread_pool.hpp>

#include "agents/target/requests.hpp"
#include "core/host/free_space.hpp"
#include "core/io/blocking.hpp"

namespace deployctl::target {
namespace {

using protocol::pb::Reply;
using protocol::pb::Request;

// Each holds the index of its payload, up to three megabytes. Usually there is one per service of the host.
constexpr std::size_t max_stages = 32;
constexpr std::size_t max_threads = 4;  // they mostly wait for the disk and for health checks

Error not_here(const Request& request) {
  return error(Code::unsupported, std::string(protocol::name_of(request)) + ": this agent is a target");
}

const protocol::pb::Place& place_of(const Request& request) {
  static const protocol::pb::Place none;
  switch (request.body_case()) {
    case Request::kSurvey:
      return request.survey().place();
    case Request::kTakeGrant:
      return request.take_grant().place();
    case Request::kRenewGrant:
      return request.renew_grant().place();
    case Request::kDropGrant:
      return request.drop_grant().place();
    case Request::kStage:
      return request.stage().place();
    case Request::kActivate:
      return request.activate().place();
    case Request::kCheck:
      return request.check().place();
    case Request::kReadLog:
      return request.read_log().place();
    case Request::kPrune:
      return request.prune().place();
    default:
      return none;
  }
}

}  // namespace

struct TargetService::State {
  explicit State(TargetOptions options)
      : pool(max_threads), context{pool, std::move(options.self_exe), std::move(options.home), options.stage_wait} {}
  asio::thread_pool pool;
  Context context;
  std::size_t stages = 0;  // running, or waiting for a lock
};

namespace {

struct Counted {
  explicit Counted(std::size_t& n) : count(n) { ++count; }
  ~Counted() { --count; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  std::size_t& count;
};

serve::awaitable<Result<Reply>> stage(Context& context, std::size_t& stages, Request request,
                                      serve::Exchange& exchange) {
  if (stages >= max_stages) co_return fail(Code::locked, "too many releases are being staged here at once");
  const Counted counted(stages);
  auto asked = std::move(*request.mutable_stage());
  co_return co_await answer_stage(context, std::move(asked), exchange);
}

}  // namespace

TargetService::TargetService(TargetOptions options) : state_(std::make_unique<State>(std::move(options))) {}
TargetService::~TargetService() { state_->pool.join(); }

// Explains storage errors (full or forbidden) of all requests in one place.
serve::awaitable<Result<Reply>> TargetService::serve(Request request, serve::Exchange& exchange) {
  Context& context = state_->context;
  const std::string deploy_to = place_of(request).deploy_to();
  auto reply = co_await answer(std::move(request), exchange);
  if (reply || (reply.error().code != Code::no_space && reply.error().code != Code::denied)) co_return reply;
  const auto slot = Slot::at(deploy_to, context.home);
  if (!slot) co_return reply;
  const std::function<Result<Error>()> explain = [e = reply.error(), path = slot->path()]() -> Result<Error> {
    return host::explain_storage(e, path);
  };
  auto explained = co_await io::run_blocking(context.pool, explain);
  if (explained) co_return fail(*explained);
  co_return reply;
}

serve::awaitable<Result<Reply>> TargetService::answer(Request request, serve::Exchange& exchange) {
  Context& context = state_->context;
  if (request.target() != 0) co_return fail(Code::invalid, "this agent is a target: nothing is attached to it");
  switch (request.body_case()) {
    case Request::kSurvey:
      co_return co_await answer_survey(context, request.survey());
    case Request::kTakeGrant:
      co_return co_await answer_take_grant(context, request.take_grant(), exchange);
    case Request::kRenewGrant:
      co_return co_await answer_renew_grant(context, request.renew_grant());
    case Request::kDropGrant:
      co_return co_await answer_drop_grant(context, request.drop_grant());
    case Request::kStage:
      co_return co_await stage(context, state_->stages, std::move(request), exchange);
    case Request::kRepairEpoch:
      co_return co_await answer_repair_epoch(context, request.repair_epoch());
    case Request::kActivate:
      co_return co_await answer_activate(context, request.activate(), exchange);
    case Request::kCheck:
      co_return co_await answer_check(context, request.check());
    case Request::kReadLog:
      co_return co_await answer_read_log(context, request.read_log());
    case Request::kPrune:
      co_return co_await answer_prune(context, request.prune(), exchange);
    case Request::kAttach:
    case Request::kDetach:
    case Request::kCarry:
    case Request::kDesire:
    case Request::kWithdraw:
    case Request::kListDesires:
    case Request::BODY_NOT_SET:
      break;
  }
  co_return fail(not_here(request));
}

serve::awaitable<void> TargetService::ended() { co_return; }

}  // namespace deployctl::target
