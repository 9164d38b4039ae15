#include "cli/output/body.hpp"

#include <nlohmann/json.hpp>

#include "core/model/bounded_json.hpp"

namespace deployctl::output {
namespace {

using Json = nlohmann::json;

std::string text_of(const Json& json) { return json.is_string() ? json.get<std::string>() : std::string(); }

std::uint64_t count_of(const Json& json) {
  if (json.is_array()) return json.size();
  if (json.is_number_unsigned()) return json.get<std::uint64_t>();
  return 0;
}

}  // namespace

struct Body::Members {
  Json json;
  const Json& at(const char* name) const {
    static const Json nothing;
    if (!json.is_object()) return nothing;
    const auto found = json.find(name);
    return found == json.end() ? nothing : *found;
  }
};

Body::Body(const std::string& json) : members_(new Members{model::try_parse_json(json)}) {}
Body::~Body() = default;

bool Body::has(const char* name) const { return !members_->at(name).is_null(); }
std::string Body::text(const char* name) const { return text_of(members_->at(name)); }
std::uint64_t Body::count(const char* name) const { return count_of(members_->at(name)); }
double Body::number(const char* name) const {
  const Json& json = members_->at(name);
  return json.is_number() ? json.get<double>() : 0;
}
bool Body::flag(const char* name) const {
  const Json& json = members_->at(name);
  return json.is_boolean() && json.get<bool>();
}

std::vector<std::string> Body::texts(const char* name) const {
  std::vector<std::string> out;
  const Json& list = members_->at(name);
  if (!list.is_array()) return out;
  for (const auto& entry : list) out.push_back(text_of(entry));
  return out;
}

std::vector<std::pair<std::string, std::uint64_t>> Body::sizes(const char* name) const {
  std::vector<std::pair<std::string, std::uint64_t>> out;
  const Json& list = members_->at(name);
  if (!list.is_array()) return out;
  for (const auto& entry : list)
    if (entry.is_object())
      out.emplace_back(text_of(entry.value("name", Json())), count_of(entry.value("targets", Json())));
  return out;
}

}  // namespace deployctl::output
