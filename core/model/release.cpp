#include "core/model/release.hpp"

#include <cctype>

#include "core/model/bounded_json.hpp"
#include "core/model/json.hpp"

namespace deployctl::model {
namespace {

bool safe(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '+' || c == '-';
}

Release release_from(const detail::Json& json) {
  Release release;
  release.version = json.at("version").get<std::string>();
  release.artifact = Digest::parse(json.at("artifact").get<std::string>()).value_or(Digest{});
  release.activation = Activation::parse(detail::dump(json.at("activation"))).value_or(Activation{});
  return release;
}

}  // namespace

Digest Release::digest() const { return sha256("deployctl-release-1\n" + artifact.text() + "\n" + activation.json()); }

std::string Release::folder() const {
  std::string name = version.substr(0, 200);  // file names are limited to 255 bytes
  for (char& c : name)
    if (!safe(c)) c = '-';
  return name + "-" + digest().short8();
}

std::string Release::json() const {
  return detail::dump(
      {{"version", version}, {"artifact", artifact.text()}, {"activation", parse_json(activation.json())}});
}

Result<Release> Release::parse(std::string_view text) {
  DEPLOYCTL_TRY(release, detail::read_json<Release>(text, "a release", release_from));
  if (release.artifact.empty() || release.version.empty() || release.json() != text)
    return fail(Code::invalid, "a release is spelled in a way that this version does not know");
  return release;
}

}  // namespace deployctl::model
