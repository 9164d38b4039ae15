// Targets that answer when a test says, on its virtual time: what is held against them is the order in which things are
// asked.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "core/fleet/target_links.hpp"
#include "core/io/deadline.hpp"

namespace deployctl::testing {

struct PaperTarget {
  Duration away{10};                  // for so long its first answer is awaited: a login
  bool dead = false;                  // that ends in an error
  std::uint64_t epoch = 0;            // the highest that it knows
  std::string holder = {};            // a living one
  Duration held_for{0};               // by somebody who came after the look, since the beginning
  std::string holds_after_look = {};  // who that is
  std::string silent_on = {};         // "survey", "take", ...: such a request is never answered
};

struct Asked {
  std::size_t target;
  std::string what;  // survey, take, renew, drop, stage
  SteadyTime when;
  std::uint64_t epoch;
};

class PaperFleet final : public fleet::TargetLinks {
 public:
  explicit PaperFleet(std::vector<PaperTarget> targets)
      : targets_(std::move(targets)), reached_(targets_.size()), began_(io::now_steady()) {}

  asio::awaitable<Result<protocol::pb::Reply>> call(std::size_t target, protocol::pb::Request request, Duration,
                                                    std::function<void(const protocol::pb::Event&)> on_event,
                                                    std::shared_ptr<fleet::PayloadHandle>) override {
    note(target, request);
    co_await io::sleep_for(reached_[target] ? Duration(10) : targets_[target].away);
    reached_[target] = true;
    while (!targets_[target].silent_on.empty() && what_of(request) == targets_[target].silent_on)
      co_await io::sleep_for(std::chrono::hours(1));
    if (targets_[target].dead) co_return fail(Code::unreachable, "no route to host");
    if (request.has_survey()) co_return survey_of(target);
    if (request.has_take_grant()) co_return take(target, request.take_grant());
    if (request.has_stage()) {
      auto done = stage(target, on_event);
      co_return co_await std::move(done);
    }
    co_return protocol::pb::Reply{};
  }
  void prefetch_payload(std::size_t, std::shared_ptr<fleet::PayloadHandle>) override {}
  std::string lacks(std::size_t, std::string_view feature) const override {
    return old_agents ? "an agent without '" + std::string(feature) + "'" : "";
  }
  std::uint64_t rate(std::size_t) const override { return 0; }
  std::uint64_t wan_bytes() const override { return 0; }

  Duration at(SteadyTime when) const { return when - began_; }
  std::vector<Duration> times(std::size_t target, const std::string& what) const {
    std::vector<Duration> out;
    for (const auto& one : asked)
      if (one.target == target && one.what == what) out.push_back(at(one.when));
    return out;
  }
  std::size_t count(const std::string& what) const {
    return static_cast<std::size_t>(
        std::count_if(asked.begin(), asked.end(), [&](const Asked& one) { return one.what == what; }));
  }

  std::vector<Asked> asked;
  Duration staging{1000};         // takes
  unsigned stages_that_fail = 0;  // the first ones
  bool old_agents = false;        // their hellos name no feature

 private:
  static std::string what_of(const protocol::pb::Request& request) {
    if (request.has_survey()) return "survey";
    if (request.has_take_grant()) return "take";
    if (request.has_stage()) return "stage";
    return "";
  }
  void note(std::size_t target, const protocol::pb::Request& request) {
    if (request.has_survey()) asked.push_back({target, "survey", io::now_steady(), 0});
    if (request.has_take_grant())
      asked.push_back({target, "take", io::now_steady(), request.take_grant().holder().epoch()});
    if (request.has_renew_grant()) asked.push_back({target, "renew", io::now_steady(), request.renew_grant().epoch()});
    if (request.has_drop_grant()) asked.push_back({target, "drop", io::now_steady(), request.drop_grant().epoch()});
    if (request.has_stage()) asked.push_back({target, "stage", io::now_steady(), request.stage().epoch()});
  }

  Result<protocol::pb::Reply> survey_of(std::size_t target) const {
    protocol::pb::Reply reply;
    auto& surveyed = *reply.mutable_surveyed();
    surveyed.set_epoch(targets_[target].epoch);
    surveyed.mutable_health()->set_state("unchecked");
    if (!targets_[target].holder.empty()) surveyed.mutable_holder()->set_rollout(targets_[target].holder);
    return reply;
  }

  Result<protocol::pb::Reply> take(std::size_t number, const protocol::pb::TakeGrant& asked_for) {
    auto& target = targets_[number];
    if (!target.holder.empty() && target.holder != asked_for.holder().rollout() &&
        target.holder != asked_for.replaces())
      return fail(Code::locked, "held by rollout " + target.holder);
    if (!target.holds_after_look.empty() && io::now_steady() < began_ + target.held_for)
      return fail(Code::locked, "held by rollout " + target.holds_after_look);
    if (asked_for.holder().epoch() < target.epoch) return fail(Code::locked, "that epoch is over");
    target.epoch = asked_for.holder().epoch();
    target.holder = asked_for.holder().rollout();
    protocol::pb::Reply reply;
    auto seen = survey_of(number);
    *reply.mutable_granted()->mutable_surveyed() = seen->surveyed();
    return reply;
  }

  asio::awaitable<Result<protocol::pb::Reply>> stage(std::size_t,
                                                     std::function<void(const protocol::pb::Event&)> on_event) {
    const bool fails = stages_that_fail > 0;
    if (fails) --stages_that_fail;
    for (int half = 0; half < 2; ++half) {
      co_await io::sleep_for(staging / 2);
      protocol::pb::Event event;
      event.mutable_progress()->set_received(static_cast<std::uint64_t>(half) + 1);
      if (on_event) on_event(event);
    }
    if (fails) co_return fail(Code::locked, "that epoch is over");
    protocol::pb::Reply reply;
    reply.mutable_staged()->set_received(7);
    co_return reply;
  }

  std::vector<PaperTarget> targets_;
  std::vector<bool> reached_;
  SteadyTime began_;
};

}  // namespace deployctl::testing
