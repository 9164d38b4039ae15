#include "cli/session/rollout_request.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <nlohmann/json.hpp>

#include "cli/session/context.hpp"
#include "cli/session/next_step.hpp"
#include "cli/session/webhook_notifier.hpp"
#include "core/base/digest.hpp"
#include "core/io/atomic_file.hpp"
#include "core/io/files.hpp"
#include "core/model/bounded_json.hpp"
#include "plans/yaml/read_once.hpp"

namespace deployctl::cli {
namespace {

std::string absolute(const std::string& path) {
  if (path.empty()) return path;
  std::error_code ec;
  const auto whole = std::filesystem::absolute(path, ec);
  return ec ? path : whole.lexically_normal().string();
}

constexpr std::uint64_t largest_plan = 16ULL * 1024 * 1024;

// Named by what is in it: the same text is kept once.
Result<std::string> readable_again(Context& context, const std::string& path) {
  if (path.empty() || can_be_named_again(path)) return absolute(path);
  DEPLOYCTL_TRY(text, plans::read_once(path, largest_plan));
  DEPLOYCTL_TRY(state, context.state());
  DEPLOYCTL_CHECK(io::make_dirs(state.plans(), 0700));
  const std::string copy = state.plans() + "/" + sha256(text).hex().substr(0, 16) + ".yaml";
  DEPLOYCTL_CHECK(io::write_file(copy, text, 0600));
  return copy;
}

}  // namespace

Result<RolloutRequest> RolloutRequest::kept(Context& context, const std::string& plan) {
  RolloutRequest out = by(plan, context.globals());
  const std::string file = file_of_plan(plan);
  DEPLOYCTL_TRY(plan_again, readable_again(context, file));
  out.plan = plan_again + plan.substr(file.size());
  DEPLOYCTL_TRY(fleet_again, readable_again(context, context.globals().fleet));
  out.fleet = fleet_again;
  return out;
}

RolloutRequest RolloutRequest::by(const std::string& plan, const Globals& globals) {
  return {absolute(plan), absolute(globals.fleet), globals.set, {}, {}};
}

std::string RolloutRequest::json() const {
  std::vector<std::string> kept;
  std::copy_if(notify.begin(), notify.end(), std::back_inserter(kept), holds_no_secret);
  return JsonObject()
      .add("plan", plan)
      .add_if("fleet", fleet)
      .add("set", set)
      .add_if("together", together)
      .add("notify", kept)
      .text();
}

Result<RolloutRequest> RolloutRequest::parse(const std::string& json) {
  try {
    const auto read = model::parse_json(json);
    return RolloutRequest{read.at("plan").get<std::string>(), read.value("fleet", ""),
                          read.at("set").get<std::vector<std::string>>(), read.value("together", ""),
                          read.value("notify", std::vector<std::string>{})};
  } catch (const nlohmann::json::exception&) {
    return fail(Code::invalid, "the ledger doesn't say which plan it was deployed by");
  }
}

}  // namespace deployctl::cli
