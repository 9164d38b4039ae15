#include "core/protocol/answers.hpp"

namespace deployctl::protocol {
namespace {

// Far above what one host can have. Empty entries cost two bytes each in a frame, and a hundred in memory.
constexpr int max_releases = 4096;  // kept on a target
constexpr int max_texts = 65536;    // failing checks, removed folders
constexpr int max_desires = 4096;   // of one place

pb::Reply::BodyCase answer_to(const pb::Request& request) {
  switch (request.body_case()) {
    case pb::Request::kAttach:
      return pb::Reply::kAttached;
    case pb::Request::kSurvey:
      return pb::Reply::kSurveyed;
    case pb::Request::kTakeGrant:
      return pb::Reply::kGranted;
    case pb::Request::kStage:
      return pb::Reply::kStaged;
    case pb::Request::kActivate:
      return pb::Reply::kActivated;
    case pb::Request::kCheck:
      return pb::Reply::kHealth;
    case pb::Request::kReadLog:
      return pb::Reply::kLogText;
    case pb::Request::kPrune:
      return pb::Reply::kPruned;
    case pb::Request::kListDesires:
      return pb::Reply::kDesires;
    case pb::Request::kDetach:
    case pb::Request::kCarry:
    case pb::Request::kRenewGrant:
    case pb::Request::kDropGrant:
    case pb::Request::kDesire:
    case pb::Request::kRepairEpoch:
    case pb::Request::kWithdraw:
      return pb::Reply::kDone;
    case pb::Request::BODY_NOT_SET:
      break;
  }
  return pb::Reply::BODY_NOT_SET;
}

const char* name_of(const pb::Reply& reply) {
  switch (reply.body_case()) {
    case pb::Reply::kAttached:
      return "attached";
    case pb::Reply::kDone:
      return "done";
    case pb::Reply::kSurveyed:
      return "surveyed";
    case pb::Reply::kGranted:
      return "granted";
    case pb::Reply::kStaged:
      return "staged";
    case pb::Reply::kActivated:
      return "activated";
    case pb::Reply::kHealth:
      return "health";
    case pb::Reply::kLogText:
      return "log text";
    case pb::Reply::kPruned:
      return "pruned";
    case pb::Reply::kDesires:
      return "desires";
    case pb::Reply::BODY_NOT_SET:
      break;
  }
  return "nothing";
}

bool is_bounded(const pb::Surveyed& surveyed) {
  return surveyed.kept_size() <= max_releases && surveyed.health().failing_size() <= max_texts;
}

bool is_bounded(const pb::Reply& reply) {
  return is_bounded(reply.surveyed()) && is_bounded(reply.granted().surveyed()) &&
         reply.health().failing_size() <= max_texts && reply.pruned().folders_size() <= max_texts &&
         reply.desires().desires_size() <= max_desires;
}

}  // namespace

Status check_answer(const pb::Request& request, const pb::Reply& reply) {
  const std::string asked = name_of(request);
  if (reply.body_case() != answer_to(request))
    return fail(Code::unreachable, "protocol error: a " + asked + " was answered with " + name_of(reply));
  if (!is_bounded(reply))
    return fail(Code::unreachable,
                "protocol error: the answer to a " + asked + " has more entries than a host can have");
  return {};
}

}  // namespace deployctl::protocol
