#include "core/model/fleet.hpp"

#include <algorithm>

namespace deployctl::model {
namespace {

Result<std::pair<std::string, std::string>> parse_pair(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0 || equals + 1 == text.size())
    return fail(Code::invalid, "'" + std::string(text) + "' in a selector is no label=value");
  return std::pair{std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

const Region* Fleet::find(const std::string& name) const {
  const auto at = std::find_if(regions.begin(), regions.end(), [&](const Region& r) { return r.name == name; });
  return at == regions.end() ? nullptr : &*at;
}

Result<Selector> Selector::parse(std::string_view text) {
  Selector selector;
  if (trim(text).empty()) return selector;
  for (std::size_t at = 0; at <= text.size();) {
    const auto comma = std::min(text.find(',', at), text.size());
    DEPLOYCTL_TRY(pair, parse_pair(trim(text.substr(at, comma - at))));
    selector.pairs_.push_back(std::move(pair));
    at = comma + 1;
  }
  return selector;
}

bool Selector::matches(const std::map<std::string, std::string>& labels) const {
  return std::all_of(pairs_.begin(), pairs_.end(), [&](const auto& pair) {
    const auto at = labels.find(pair.first);
    return at != labels.end() && at->second == pair.second;
  });
}

}  // namespace deployctl::model
