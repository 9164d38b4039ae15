#include "plans/keys/version_template.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/text/nearest_word.hpp"

namespace deployctl::plans {
namespace {

const std::vector<std::string>& placeholders() {
  static const std::vector<std::string> all{"commit", "short", "tag", "describe", "date"};
  return all;
}

tl::unexpected<Error> bad_template(std::string message, std::string_view name) {
  const std::string near = text::nearest_word(name, placeholders());
  std::string hint =
      near.empty() ? "allowed: {commit} {short} {tag} {describe} {date}" : "did you mean '{" + near + "}'?";
  return fail(with_hint(error(Code::invalid, std::move(message)), std::move(hint)));
}

}  // namespace

Status check_version_template(std::string_view text) {
  while (!text.empty()) {
    const auto brace = text.find_first_of("{}");
    if (brace == std::string_view::npos) return {};
    const auto close = text.find_first_of("{}", brace + 1);
    if (text[brace] == '}' || close == std::string_view::npos || text[close] == '{')
      return bad_template("a '{' or '}' without its other half", "");
    const std::string name(text.substr(brace + 1, close - brace - 1));
    const auto& known = placeholders();
    if (std::find(known.begin(), known.end(), name) == known.end())
      return bad_template(fmt::format("unknown placeholder '{{{}}}'", name), name);
    text.remove_prefix(close + 1);
  }
  return {};
}

}  // namespace deployctl::plans
