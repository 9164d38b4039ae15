#include "plans/keys/repo.hpp"

#include <fmt/format.h>

#include "core/text/utf8.hpp"
#include "plans/keys/paths.hpp"

namespace deployctl::plans {
namespace {

tl::unexpected<Error> bad_repo(std::string message, std::string hint) {
  return fail(with_hint(error(Code::invalid, std::move(message)), std::move(hint)));
}

Result<std::string> check_url(std::string_view text, std::string_view scheme) {
  const std::string_view rest = text.substr(scheme.size() + 3);
  if (text.find(' ') != std::string_view::npos) return bad_repo("a URL may hold no spaces", "write %20");
  if (scheme == "http" || scheme == "git")
    return bad_repo(fmt::format("{}:// is not supported: nothing proves what it sends", scheme),
                    "use https://, ssh:// or a path");
  if (scheme != "https" && scheme != "ssh" && scheme != "file")
    return bad_repo(fmt::format("{}:// is no way to a repository", scheme), "use https://, ssh://, file:// or a path");
  if (scheme == "file") {
    if (rest.starts_with('/')) return std::string(text);
    return bad_repo("a file URL has three slashes and an absolute path", "file:///srv/git/redis.git");
  }
  const std::string_view authority = rest.substr(0, rest.find('/'));
  const auto at = authority.rfind('@');
  const std::string_view host = at == std::string_view::npos ? authority : authority.substr(at + 1);
  if (host.empty() || host.starts_with('-') || authority.starts_with('-'))
    return bad_repo("the URL has no host", "https://host/path, ssh://git@host/path");
  if (rest.size() <= authority.size() + 1)
    return bad_repo("the URL has no path", "https://host/path, ssh://git@host/path");
  if (at != std::string_view::npos && authority.substr(0, at).find(':') != std::string_view::npos)
    return bad_repo("a password in a URL would be seen by everyone who reads the plan",
                    scheme == "https" ? "take it out, and name where it is kept: build.token: {env: GIT_TOKEN}"
                                      : "use ssh:// with a key");
  return std::string(text);
}

}  // namespace

Result<std::string> resolve_repo(std::string_view text, const std::string& dir) {
  if (text.starts_with('-'))
    return bad_repo("may not begin with '-'", "it would be taken for an option: write ./-name");
  if (text::has_control(text))
    return bad_repo("may hold no tabs or line ends", "a path, a file, ssh or https URL, or git@host:path");
  if (const auto scheme = text.find("://"); scheme != std::string_view::npos && scheme < text.find('/'))
    return check_url(text, text.substr(0, scheme));
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || text.find('/') < colon) return local_path(text, dir);
  const std::string_view host = text.substr(text.find('@') < colon ? text.find('@') + 1 : 0, colon);
  // "ext::sh -c ..." makes git run a program.
  if (colon == 0 || colon + 1 == text.size() || text[colon + 1] == ':' || host.starts_with('-') ||
      text.find(' ') != std::string_view::npos)
    return bad_repo(fmt::format("'{}' is no repository", text), "a path, a file, ssh or https URL, or git@host:path");
  return std::string(text);
}

}  // namespace deployctl::plans
