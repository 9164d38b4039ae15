#include "core/protocol/messages.hpp"

#include <algorithm>

namespace deployctl::protocol {
namespace {

// For each text in an abort, so that a complete abort stays below a frame's limit.
constexpr std::size_t max_text = 64 * 1024;
constexpr int max_context = 8;
constexpr std::size_t max_code = 64;

// protobuf rejects a string that is not UTF-8, and the output of a host may contain any bytes.
std::string clean(const std::string& text) {
  std::string out = text.substr(0, max_text);
  const auto is_plain = [](unsigned char c) { return c < 0x80; };
  if (!std::all_of(out.begin(), out.end(), is_plain) &&
      !google::protobuf::internal::IsStructurallyValidUTF8(out.data(), static_cast<int>(out.size())))
    std::replace_if(
        out.begin(), out.end(), [&](unsigned char c) { return !is_plain(c); }, '?');
  return out;
}

}  // namespace

bool knows(const pb::Hello& hello, std::string_view feature) {
  return std::find(hello.features().begin(), hello.features().end(), feature) != hello.features().end();
}

pb::Abort to_abort(const Error& error) {
  pb::Abort abort;
  abort.set_code(to_string(error.code));
  abort.set_message(clean(error.message));
  for (const auto& context : error.context) {
    if (abort.context_size() == max_context) break;
    abort.add_context(clean(context));
  }
  abort.set_hint(clean(error.hint));
  return abort;
}

// Truncates to the limits of to_abort(), whatever the peer sent.
Error to_error(const pb::Abort& abort) {
  Error error{to_code(abort.code()), abort.message().substr(0, max_text), {}, abort.hint().substr(0, max_text)};
  if (error.message.empty()) error.message = "the peer gave no reason (" + abort.code().substr(0, max_code) + ")";
  const int most = std::min(abort.context_size(), max_context);
  for (int i = 0; i < most; ++i) error.context.push_back(abort.context(i).substr(0, max_text));
  return error;
}

const char* name_of(const pb::Request& request) {
  switch (request.body_case()) {
    case pb::Request::kAttach:
      return "attach";
    case pb::Request::kDetach:
      return "detach";
    case pb::Request::kCarry:
      return "carry";
    case pb::Request::kSurvey:
      return "survey";
    case pb::Request::kTakeGrant:
      return "take grant";
    case pb::Request::kRenewGrant:
      return "renew grant";
    case pb::Request::kDropGrant:
      return "drop grant";
    case pb::Request::kStage:
      return "stage";
    case pb::Request::kActivate:
      return "activate";
    case pb::Request::kCheck:
      return "check";
    case pb::Request::kReadLog:
      return "read log";
    case pb::Request::kPrune:
      return "prune";
    case pb::Request::kDesire:
      return "desire";
    case pb::Request::kWithdraw:
      return "withdraw";
    case pb::Request::kListDesires:
      return "list desires";
    case pb::Request::kRepairEpoch:
      return "repair epoch";
    case pb::Request::BODY_NOT_SET:
      break;
  }
  return "unknown request";
}

}  // namespace deployctl::protocol
