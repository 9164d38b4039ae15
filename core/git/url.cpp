#include "core/git/url.hpp"

#include <algorithm>
#include <cctype>

#include "core/text/url_text.hpp"

namespace deployctl::git {
namespace {

Error bad(const std::string& shown, const std::string& why) {
  return with_hint(error(Code::invalid, "repository '" + shown + "' " + why),
                   "allowed: an absolute path, file:///path, ssh://host/path, user@host:path, https://host/path");
}

// The URL without user, password and query. Paths are returned unchanged.
std::string without_userinfo(const std::string& text) {
  const auto scheme = text.find("://");
  if (scheme == std::string::npos) return text;
  const std::string origin = url_origin(text);
  const std::string host = origin.substr(scheme + 3);
  const auto at = text.find(host, scheme + 3);
  if (host.empty() || at == std::string::npos) return origin;
  const std::string path = text.substr(at + host.size());
  return origin + path.substr(0, path.find_first_of("?#"));
}

// Splits "user:password@host:port" into `url`. False if the port is invalid.
bool split_authority(std::string authority, Url& url) {
  const auto at = authority.rfind('@');
  if (at != std::string::npos) {
    url.user = authority.substr(0, at);
    url.user = url.user.substr(0, url.user.find(':'));
    authority.erase(0, at + 1);
  }
  auto colon = authority.rfind(':');
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == std::string::npos) return false;
    colon = authority.find(':', close);
    url.host = authority.substr(1, close - 1);
  } else {
    url.host = authority.substr(0, colon);
  }
  if (colon == std::string::npos) return true;
  const std::string port = authority.substr(colon + 1);
  if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string::npos) return false;
  url.port = static_cast<unsigned>(std::stoul(port));
  return url.port > 0 && url.port < 65536;
}

// A host or user that begins with '-' would be an option of ssh, and one with other characters could inject shell code
// into a ProxyCommand with %h or %r.
bool plain(const std::string& word) {
  constexpr std::string_view punctuation = "._-+:%@";
  return word.empty() || (word.front() != '-' && std::all_of(word.begin(), word.end(), [&](unsigned char c) {
                            return std::isalnum(c) || punctuation.find(static_cast<char>(c)) != std::string_view::npos;
                          }));
}

Result<Url> with_host(Url url, const std::string& authority, std::string path) {
  const std::string shown = without_userinfo(url.text);
  if (!split_authority(authority, url) || url.host.empty() || !plain(url.host) || !plain(url.user))
    return fail(bad(shown, "has no host, user or port as they must be"));
  if (path.starts_with(':')) return fail(bad(shown, "is of a remote helper, which is not allowed"));
  if (path.empty() || path == "/") return fail(bad(shown, "has no path"));
  url.path = std::move(path);
  return url;
}

Result<Url> from_scheme(Url url, std::size_t colon) {
  const std::string scheme = url.text.substr(0, colon), rest = url.text.substr(colon + 3);
  const auto slash = std::min(rest.find('/'), rest.size());
  std::string path = rest.substr(slash);
  if (scheme == "file") {
    if (slash != 0) return fail(bad(url.text, "is a file URL of another host"));
    url.text = url.path = path;
    return url;
  }
  if (scheme == "https") {
    url.kind = Url::Kind::https;
    return with_host(std::move(url), rest.substr(0, slash), std::move(path));
  }
  if (scheme == "ssh" || scheme == "git+ssh" || scheme == "ssh+git") {
    url.kind = Url::Kind::ssh;
    if (path.starts_with("/~")) path.erase(0, 1);
    return with_host(std::move(url), rest.substr(0, slash), std::move(path));
  }
  return fail(bad(without_userinfo(url.text), "is a " + scheme + " URL, which is not allowed"));
}

// The parent folder; empty at the top.
std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos || slash == 0 ? std::string() : path.substr(0, slash);
}

}  // namespace

std::string Url::shown() const {
  if (kind == Kind::https) return without_userinfo(text);
  if (kind == Kind::local || user.empty() || text.find("://") == std::string::npos) return text;
  const auto bare = without_userinfo(text);
  return bare.substr(0, bare.find("://") + 3) + user + "@" + bare.substr(bare.find("://") + 3);
}

std::string Url::name() const {
  std::string last = path;
  while (last.size() > 1 && last.back() == '/') last.pop_back();
  last.erase(0, last.rfind('/') + 1);
  if (last.ends_with(".git")) last.resize(last.size() - 4);
  std::replace_if(
      last.begin(), last.end(), [](unsigned char c) { return !std::isalnum(c) && c != '.' && c != '_' && c != '-'; },
      '-');
  return last.substr(0, 60);
}

Result<Url> parse_url(const std::string& text) {
  if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 32 || c == 127; }))
    return fail(bad("?", "holds control characters"));
  Url url;
  url.text = text;
  const auto scheme = text.find("://");
  if (scheme != std::string::npos && text.find('/') > scheme) return from_scheme(std::move(url), scheme);
  if (text.starts_with('/')) {
    url.path = text;
    return url;
  }
  const auto colon = text.find(':');
  if (colon == std::string::npos || colon > text.find('/'))
    return fail(bad(text, "is neither an absolute path nor a URL"));
  url.kind = Url::Kind::ssh;
  return with_host(std::move(url), text.substr(0, colon), text.substr(colon + 1));
}

Result<Url> submodule_url(const Url& parent, const std::string& text) {
  if (!text.starts_with("./") && !text.starts_with("../")) {
    DEPLOYCTL_TRY(url, parse_url(text));
    if (url.kind == Url::Kind::local && parent.kind != Url::Kind::local)
      return fail(bad(text, "is a path on this host, which a submodule of " + parent.shown() + " may not name"));
    return url;
  }
  // An ssh path without a slash is preceded by "host:", so the text is cut rather than the path.
  std::string base = parent.text, rest = text;
  while (base.size() > 1 && base.back() == '/') base.pop_back();
  for (;;) {
    if (rest.starts_with("./")) {
      rest.erase(0, 2);
    } else if (rest.starts_with("../")) {
      rest.erase(0, 3);
      base = parent_of(base);
    } else {
      break;
    }
  }
  const bool climbs = ("/" + rest + "/").find("/../") != std::string::npos;
  auto url = parse_url(base + "/" + rest);
  if (climbs || !url || url->kind != parent.kind || url->host != parent.host)
    return fail(bad(text, "leads out of " + parent.shown()));
  return url;
}

}  // namespace deployctl::git
