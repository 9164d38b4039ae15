#include "tests/simulation/sim_target.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include "core/io/deadline.hpp"

namespace deployctl::simulation {

using target::Outcome;
using target::Record;
using target::Step;

SimTarget::SimTarget(asio::any_io_executor executor, Chance& chance, const std::vector<SimRelease>& releases,
                     TargetWatch& watch, std::size_t number, std::string name)
    : executor_(executor),
      chance_(chance),
      releases_(releases),
      watch_(watch),
      number_(number),
      name_(std::move(name)),
      changed_(std::make_shared<io::Notifier>(executor)) {}

void SimTarget::install_first(std::size_t release) {
  kept_[release] = {release, true, false, 1};
  current_ = release;
  running_ = true;
}

// ---- life and death ----

void SimTarget::go_down() {
  up_ = false;
  kill_agent();
  process_dies();
}

// What was meant to run is started at boot by the host's own unit. Without a boot it has run all along, and only the
// way there was gone.
void SimTarget::come_up(bool rebooted) {
  up_ = true;
  if (!rebooted) return;
  ++boot_;
  const bool stopped = busy() && target::fold(journal_->records).begun.contains(Step::drain);
  running_ = current_.has_value() && !stopped;
}

void SimTarget::kill_agent() {
  ++agent_;
  changed_->notify_all();
  for (const auto& waiting : std::exchange(in_flight_, {})) waiting->say(fail(Code::disconnected, "the session broke"));
}

void SimTarget::kill_activation() {
  if (processing_) process_dies();
}

void SimTarget::process_dies() {
  ++process_;
  processing_ = false;
  changed_->notify_all();
}

bool SimTarget::healthy_release() const {
  if (!current_) return false;
  const auto& release = releases_[*current_];
  return !release.never_healthy.contains(number_) && !(sick_ && release.sick_later.contains(number_));
}

bool SimTarget::serves() const { return up_ && running_ && healthy_release(); }

const std::string& SimTarget::activator() const {
  static const std::string none;
  return busy() ? journal_->intent.rollout : none;
}

host::BootTime SimTarget::now() const {
  return {"boot-" + std::to_string(boot_), io::now_steady().time_since_epoch().count()};
}

// ---- requests ----

// Its link lives, and it never answers.
bool SimTarget::is_silent_on(const protocol::pb::Request& request) const {
  switch (lie) {
    case Lie::silent_survey:
      return request.has_survey();
    case Lie::silent_grant:
      return request.has_take_grant();
    case Lie::silent_stage:
      return request.has_stage();
    case Lie::silent_activate:
      return request.has_activate();
    default:
      return false;
  }
}

std::optional<SimTarget::Reply> SimTarget::lie_about(const protocol::pb::Request& request) const {
  if (lie == Lie::refuses && (request.has_renew_grant() || request.has_stage() || request.has_activate()))
    return Reply(fail(Code::locked, "epoch 1 is over: epoch 2 was granted to rollout r-lie"));
  if (lie != Lie::claims_active || !request.has_activate()) return std::nullopt;
  protocol::pb::Reply reply;
  reply.mutable_activated()->set_outcome(protocol::pb::Activated::ACTIVE);
  return Reply(std::move(reply));
}

void SimTarget::serve(protocol::pb::Request request, Answer answer) {
  if (!up_ || is_silent_on(request)) return;
  if (auto lied = lie_about(request)) return answer(std::move(*lied));
  std::erase_if(in_flight_, [](const auto& waiting) { return waiting->done; });
  const auto waiting = in_flight_.emplace_back(std::make_shared<Waiting>(Waiting{std::move(answer)}));
  const auto run = [](SimTarget* self, protocol::pb::Request asked, std::shared_ptr<Waiting> to) -> awaitable<void> {
    auto reply = co_await self->answer_to(std::move(asked));
    to->say(std::move(reply));
  };
  asio::co_spawn(executor_, run(this, std::move(request), waiting), asio::detached);
}

awaitable<SimTarget::Reply> SimTarget::answer_to(protocol::pb::Request request) {
  protocol::pb::Reply reply;
  if (request.has_survey()) {
    *reply.mutable_surveyed() = survey(request.survey().with_health(), request.survey().with_history());
    co_return reply;
  }
  if (request.has_check()) {
    *reply.mutable_health() = health();
    co_return reply;
  }
  if (request.has_take_grant()) co_return co_await take_grant(request.take_grant());
  if (request.has_stage()) co_return co_await stage(request.stage());
  if (request.has_activate()) co_return co_await activate(request.activate());
  if (request.has_prune()) co_return prune(request.prune());
  if (request.has_renew_grant()) {
    const auto& asked = request.renew_grant();
    DEPLOYCTL_CO_TRY(renewed, target::renew(grant_, asked.rollout(), asked.epoch(),
                                            Duration(static_cast<std::int64_t>(asked.ttl_ms())), now()));
    grant_ = renewed;
  } else if (request.has_drop_grant()) {
    DEPLOYCTL_CO_TRY(dropped, target::drop(grant_, request.drop_grant().rollout(), request.drop_grant().epoch()));
    grant_ = dropped;
  }
  reply.mutable_done();
  co_return reply;
}

Status SimTarget::check(const std::string& rollout, std::uint64_t epoch) const {
  if (ignores_epochs) return {};
  return target::check(grant_, rollout, epoch, now());
}

awaitable<SimTarget::Reply> SimTarget::take_grant(protocol::pb::TakeGrant asked) {
  target::GrantRequest request;
  request.holder = {
      asked.holder().rollout(),   asked.holder().user(),    asked.holder().host(),   asked.holder().pid(),
      asked.holder().pid_start(), asked.holder().boot_id(), asked.holder().since(),  asked.reason(),
      asked.holder().kind(),      asked.holder().release(), asked.holder().version()};  // its digest as the wire has it
  request.epoch = asked.holder().epoch();
  request.ttl = Duration(static_cast<std::int64_t>(asked.ttl_ms()));
  request.replaces = asked.replaces();
  DEPLOYCTL_CO_TRY(taken, target::take(grant_, request, now()));
  grant_ = taken;
  watch_.granted(number_, request.holder.rollout, request.epoch);
  if (busy()) {
    DEPLOYCTL_CO_CHECK(co_await follow());
  }
  DEPLOYCTL_CO_TRY(renewed, target::renew(grant_, request.holder.rollout, request.epoch, request.ttl, now()));
  grant_ = renewed;
  protocol::pb::Reply reply;
  *reply.mutable_granted()->mutable_surveyed() = survey(false);
  co_return reply;
}

awaitable<SimTarget::Reply> SimTarget::stage(protocol::pb::Stage asked) {
  DEPLOYCTL_CO_CHECK(check(asked.rollout(), asked.epoch()));
  DEPLOYCTL_CO_TRY(release, model::Release::parse(asked.release_json()));
  std::size_t index = 0;
  while (releases_.at(index).release.digest() != release.digest()) ++index;
  protocol::pb::Reply reply;
  reply.mutable_staged()->set_already(kept_.contains(index));
  if (kept_.contains(index)) co_return reply;
  const unsigned agent = agent_;
  co_await io::sleep_for(chance_.ms(100, 20'000));
  if (agent != agent_ || !up_) co_return fail(Code::disconnected, "gone");
  if (finds_no_room(60)) co_return fail(Code::no_space, "no space left on device");
  if (!ignores_epochs) {  // an expired grant that nobody took meanwhile does
    DEPLOYCTL_CO_TRY(still_ours, target::renew(grant_, asked.rollout(), asked.epoch(), Duration(1), now()));
    (void)still_ours;
  }
  watch_.changing(number_, asked.rollout(), asked.epoch(), "stages");
  kept_[index] = {index, false, false, io::now_steady().time_since_epoch().count()};
  co_return reply;
}

awaitable<SimTarget::Reply> SimTarget::activate(protocol::pb::Activate asked) {
  for (;;) {
    DEPLOYCTL_CO_CHECK(check(asked.rollout(), asked.epoch()));
    std::optional<std::size_t> goal = release_of(asked.folder());
    for (const auto& [index, kept] : kept_)
      if (!asked.release().empty() && releases_[index].release.digest().raw() == asked.release()) goal = index;
    if (!goal && !(asked.release().empty() && asked.folder().empty()))
      co_return fail(Code::not_found, "it is not kept here");
    const std::string folder = goal ? releases_[*goal].folder : "";
    protocol::pb::Reply reply;
    const bool same = journal_ && journal_->intent.rollout == asked.rollout() &&
                      journal_->intent.epoch == asked.epoch() && journal_->intent.to == folder;
    if (same || busy()) {
      DEPLOYCTL_CO_CHECK(co_await follow());
      if (!same) continue;
      *reply.mutable_activated() = activated();
      co_return reply;
    }
    const bool as_wished = current_ == goal &&
                           (!goal || (kept_[*goal].confirmed && !kept_[*goal].failed && running_ && healthy_release()));
    if (as_wished) {
      reply.mutable_activated()->set_outcome(goal ? protocol::pb::Activated::ALREADY
                                                  : protocol::pb::Activated::DEACTIVATED);
      co_return reply;
    }
    target::Intent intent;
    intent.rollout = asked.rollout();
    intent.epoch = asked.epoch();
    intent.target = asked.target();
    intent.kind = asked.kind();
    intent.to = folder;
    intent.to_release = goal ? releases_[*goal].release.digest().text() : "";
    intent.from = current_ ? releases_[*current_].folder : "";
    intent.from_release = current_ ? releases_[*current_].release.digest().text() : "";
    watch_.changing(number_, asked.rollout(), asked.epoch(), "activates");
    watch_.activation_begins(number_, intent);
    journal_ = Journal{intent, {}};
  }
}

bool SimTarget::finds_no_room(unsigned one_in_many) {
  return disk != Disk::well && chance_.one_in(disk == Disk::tight ? 6 : one_in_many);
}

SimTarget::Reply SimTarget::prune(const protocol::pb::Prune& asked) {
  DEPLOYCTL_CHECK(check(asked.rollout(), asked.epoch()));
  watch_.changing(number_, asked.rollout(), asked.epoch(), "prunes");
  std::vector<std::pair<std::int64_t, std::size_t>> oldest;
  for (const auto& [index, kept] : kept_)
    if (current_ != index && !kept.failed) oldest.push_back({kept.staged_at, index});
  std::sort(oldest.begin(), oldest.end());
  for (std::size_t i = 0; i + asked.keep() < oldest.size() + 1; ++i) kept_.erase(oldest[i].second);
  if (asked.then_drop()) {
    DEPLOYCTL_TRY(dropped, target::drop(grant_, asked.rollout(), asked.epoch()));
    grant_ = dropped;
  }
  protocol::pb::Reply reply;
  reply.mutable_pruned();
  return reply;
}

// ---- what it tells ----

protocol::pb::KeptRelease SimTarget::to_wire(std::size_t index) const {
  const auto& kept = kept_.at(index);
  const auto& release = releases_[index];
  protocol::pb::KeptRelease out;
  out.set_folder(release.folder);
  out.set_version(release.release.version);
  out.set_release(release.release.digest().raw());
  out.set_artifact(release.release.artifact.raw());
  out.set_confirmed(kept.confirmed);
  out.set_failed(kept.failed);
  out.set_staged_at(kept.staged_at);
  return out;
}

protocol::pb::Health SimTarget::health() const {
  protocol::pb::Health out;
  out.set_state(!current_ ? "absent" : running_ && healthy_release() ? "healthy" : "unhealthy");
  if (out.state() == "unhealthy") out.add_failing("http: status 503");
  return out;
}

protocol::pb::Surveyed SimTarget::survey(bool with_health, bool with_history) const {
  protocol::pb::Surveyed out;
  for (const auto& [index, kept] : kept_) *out.add_kept() = to_wire(index);
  if (current_) *out.mutable_current() = to_wire(*current_);
  out.set_epoch(grant_.epoch);
  protocol::pb::Holder holder;
  holder.set_rollout(grant_.holder.rollout);
  holder.set_host(grant_.holder.host);
  holder.set_epoch(grant_.epoch);
  holder.set_kind(grant_.holder.kind);
  holder.set_release(grant_.holder.release);
  holder.set_expires_in_ms(static_cast<std::uint64_t>(grant_.left(now()).count()));
  if (grant_.living(now())) *out.mutable_holder() = holder;
  if (with_history && grant_.epoch > 0) *out.mutable_last_grant() = holder;
  if (with_history) out.mutable_receipts()->Add(receipts_.begin(), receipts_.end());
  if (busy()) out.set_unfinished_rollout(journal_->intent.rollout);
  if (lie == Lie::epoch) out.set_epoch(lying_epoch);
  if (lie == Lie::claims_activation && !grant_.holder.rollout.empty())
    out.set_unfinished_rollout(grant_.holder.rollout);
  if (with_health) *out.mutable_health() = health();
  return out;
}

protocol::pb::Activated SimTarget::activated() const {
  const auto progress = target::fold(journal_->records);
  protocol::pb::Activated out;
  switch (progress.ended.value()) {
    case Outcome::active:
      out.set_outcome(protocol::pb::Activated::ACTIVE);
      break;
    case Outcome::reverted:
      out.set_outcome(protocol::pb::Activated::REVERTED);
      break;
    case Outcome::broken:
      out.set_outcome(protocol::pb::Activated::BROKEN);
      break;
    case Outcome::deactivated:
      out.set_outcome(protocol::pb::Activated::DEACTIVATED);
      break;
  }
  if (progress.failure) {
    *out.mutable_error() = protocol::to_abort(progress.failure->error);
    out.set_unhealthy(progress.failure->step == Step::checks);
  }
  return out;
}

std::optional<std::size_t> SimTarget::release_of(const std::string& folder) const {
  for (const auto& [index, kept] : kept_)
    if (releases_[index].folder == folder) return index;
  return std::nullopt;
}

// ---- the activation's process ----

// As the agent does: starts the process where none lives, until the journal is at its end.
awaitable<Status> SimTarget::follow() {
  const unsigned agent = agent_;
  while (busy()) {
    if (agent != agent_ || !up_) co_return fail(Code::disconnected, "gone");
    if (!processing_) {
      processing_ = true;
      const auto run = [](SimTarget* self, unsigned life) -> awaitable<void> { co_await self->perform_all(life); };
      asio::co_spawn(executor_, run(this, process_), asio::detached);
    }
    co_await changed_->wait();
  }
  co_return Status{};
}

awaitable<void> SimTarget::perform_all(unsigned life) {
  append({Record::Kind::resumed, Step::prepare, now(), 0, 0, {}, {}});
  while (life == process_) {
    const auto progress = target::fold(journal_->records);
    const auto next = target::next(journal_->intent, progress);
    if (const auto* over = std::get_if<target::End>(&next)) {
      end(over->outcome);
      break;
    }
    const auto* perform_this = std::get_if<target::Perform>(&next);
    if (!perform_this) break;
    const Step step = perform_this->step;
    append({Record::Kind::begun, step, now(), 0, 0, {}, {}});
    if (step == Step::drain || step == Step::stop || step == Step::back_stop || step == Step::remove) running_ = false;
    const bool long_one = step == Step::start || step == Step::checks || step == Step::back_checks;
    co_await io::sleep_for(long_one ? chance_.ms(200, 15'000) : chance_.ms(5, 400));
    if (life != process_) co_return;
    const auto done = perform(step);
    Record record{done ? Record::Kind::done : Record::Kind::failed, step, now(), 0, 0, {}, {}};
    if (!done) record.error = done.error();
    append(std::move(record));
  }
  processing_ = false;
  changed_->notify_all();
}

Status SimTarget::perform(Step step) {
  const auto to = release_of(journal_->intent.to), from = release_of(journal_->intent.from);
  switch (step) {
    case Step::prepare:
      if (finds_no_room(120)) return fail(Code::no_space, "no space left on device");
      return {};
    case Step::switch_over:
      current_ = to;
      return {};
    case Step::back_switch:
      current_ = from;
      return {};
    case Step::remove:
      current_.reset();
      return {};
    case Step::start:
      if (releases_[*to].start_fails.contains(number_)) return fail(Code::hook_failed, "start: exit status 1");
      running_ = true;
      return {};
    case Step::back_start:
      running_ = true;
      return {};
    case Step::checks:
    case Step::back_checks:
      if (!running_ || !healthy_release()) return fail(Code::unhealthy, "http: status 503");
      return {};
    default:
      return {};
  }
}

void SimTarget::end(Outcome outcome) {
  const auto to = release_of(journal_->intent.to);
  if (to && outcome == Outcome::active) kept_[*to].confirmed = true, kept_[*to].failed = false;
  if (to && (outcome == Outcome::reverted || outcome == Outcome::broken)) kept_[*to].failed = true;
  const auto& intent = journal_->intent;
  auto& receipt = receipts_.emplace_back();
  receipt.set_rollout(intent.rollout);
  receipt.set_epoch(intent.epoch);
  receipt.set_kind(intent.kind);
  receipt.set_folder(intent.to);
  receipt.set_outcome(target::to_string(outcome));
  if (const auto release = Digest::parse(intent.to_release)) receipt.set_release(release->raw());
  if (const auto release = Digest::parse(intent.from_release)) receipt.set_from_release(release->raw());
  Record record{Record::Kind::ended, Step::prepare, now(), 0, 0, {}, outcome};
  append(std::move(record));
  watch_.activation_ends(number_, journal_->intent, outcome);
}

void SimTarget::append(Record record) { journal_->records.push_back(std::move(record)); }

}  // namespace deployctl::simulation
