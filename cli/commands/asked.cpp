#include "cli/commands/asked.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/commands/globals.hpp"
#include "cli/commands/json_object.hpp"
#include "core/model/bounded_json.hpp"

namespace deployctl::commands {
namespace {

std::string absolute(const std::string& path) {
  if (path.empty()) return path;
  std::error_code ec;
  const auto whole = std::filesystem::absolute(path, ec);
  return ec ? path : whole.lexically_normal().string();
}

}  // namespace

Asked Asked::by(const std::string& plan, const Globals& globals) { return {absolute(plan), absolute(globals.fleet), globals.set, {}}; }

std::string Asked::json() const { return JsonObject().add("plan", plan).add_if("fleet", fleet).add("set", set).add_if("together", together).text(); }

Result<Asked> Asked::parse(const std::string& json) {
  try {
    const auto read = model::parse_json(json);
    return Asked{read.at("plan").get<std::string>(), read.value("fleet", ""), read.at("set").get<std::vector<std::string>>(),
                 read.value("together", "")};
  } catch (const nlohmann::json::exception&) {
    return fail(Code::invalid, "the ledger doesn't say which plan it was deployed by");
  }
}

}  // namespace deployctl::commands
