#include "core/builder/version.hpp"

namespace deployctl::builder {
namespace {

std::string date_of(WallTime time) {
  std::string day = to_string(time).substr(0, 10);
  std::erase(day, '-');
  return day;
}

Result<std::string> word_of(const std::string& word, const git::CommitName& name) {
  if (word == "commit") return name.id;
  if (word == "short") return name.short_id;
  if (word == "describe") return name.describe;
  if (word == "date") return date_of(name.time);
  if (word != "tag")
    return fail(with_hint(error(Code::invalid, "release.version: unknown word {" + word + "}"),
                          "allowed: {commit} {short} {tag} {describe} {date}"));
  if (!name.tag.empty()) return name.tag;
  return fail(with_hint(error(Code::invalid, "release.version: {tag}: commit " + name.short_id + " has no tag"),
                        "tag the commit, or write {describe}"));
}

}  // namespace

Result<std::string> version_of(const std::string& text, const git::CommitName& name) {
  std::string version;
  for (std::size_t at = 0; at < text.size();) {
    const auto open = std::min(text.find('{', at), text.size());
    version += text.substr(at, open - at);
    if (open == text.size()) break;
    const auto close = text.find('}', open);
    if (close == std::string::npos) return fail(Code::invalid, "release.version: '{' without '}'");
    DEPLOYCTL_TRY(word, word_of(text.substr(open + 1, close - open - 1), name));
    version += word;
    at = close + 1;
  }
  if (version.empty()) return fail(Code::invalid, "release.version is empty");
  return version;
}

}  // namespace deployctl::builder
