#include "core/git/submodule_rule.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <system_error>

namespace deployctl::git {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string tidy(const std::string& path) {
  std::string out = std::filesystem::path(path).lexically_normal().string();
  while (out.size() > 1 && out.ends_with('/')) out.pop_back();
  return out;
}

bool is_or_is_beneath(const std::string& path, const std::string& folder) {
  const std::string a = tidy(path), b = tidy(folder);
  return a == b || a == b + ".git" || b == "/" || a.starts_with(b + "/");
}

bool same_host(const Url& a, const Url& b) { return lower(a.host) == lower(b.host); }

// Rejects paths that another server may interpret differently: "%2e%2e" is "..", "x/../y" is y.
bool is_plain(const std::string& path) {
  return ("/" + path + "/").find("/../") == std::string::npos && path.find('%') == std::string::npos;
}

bool matches(const Url& url, const std::string& entry) {
  if (entry.find_first_of("/:") == std::string::npos)
    return url.kind != Url::Kind::local && lower(url.host) == lower(entry);
  const auto allowed = parse_url(entry);
  if (!allowed || allowed->kind != url.kind || allowed->port != url.port || !same_host(*allowed, url)) return false;
  if (!allowed->user.empty() && allowed->user != url.user) return false;
  return (url.kind == Url::Kind::local || is_plain(url.path)) && is_or_is_beneath(url.path, allowed->path);
}

// A commit that was fetched over https must not use the operator's ssh keys. Anonymous https to the host of an ssh
// repository is harmless.
bool of_the_plans_host(const Url& repository, const Url& url) {
  if (repository.kind == Url::Kind::local || url.kind == Url::Kind::local || !same_host(repository, url)) return false;
  if (repository.kind == url.kind) return repository.port == url.port;
  return repository.kind == Url::Kind::ssh && url.port == 0;
}

bool is_relative(const std::string& text) { return text.starts_with("./") || text.starts_with("../"); }

// Resolves links: a user with write access to the folder of a repository may put a link there.
std::string real_path(const std::string& path) {
  std::error_code none;
  const auto real = std::filesystem::weakly_canonical(tidy(path), none);
  return none ? tidy(path) : tidy(real.string());
}

bool stays_beside(const Url& parent, const Url& url) {
  if (parent.kind != Url::Kind::local) return true;  // submodule_url() has compared the hosts
  const std::string folder = std::filesystem::path(real_path(parent.path)).parent_path().string();
  return folder != "/" && is_or_is_beneath(real_path(url.path), folder);
}

}  // namespace

Result<Url> permitted_submodule(const Url& repository, const Url& parent, const std::string& text,
                                const std::vector<std::string>& allow) {
  DEPLOYCTL_TRY(url, submodule_url(parent, text));
  if (is_relative(text) && stays_beside(parent, url)) return url;
  if (of_the_plans_host(repository, url)) return url;
  if (std::any_of(allow.begin(), allow.end(), [&](const std::string& entry) { return matches(url, entry); }))
    return url;
  const bool local = url.kind == Url::Kind::local;
  const std::string entry = local ? tidy(url.path) : same_host(repository, url) ? url.shown() : url.host;
  return fail(with_hint(
      error(Code::invalid, std::string("it is ") +
                               (local ? "another path of this machine" : "on another host, or by another protocol") +
                               " than the plan's repository: " + url.shown()),
      "if this commit may bring that in, list it in the plan: build.submodules: {allow: [\"" + entry + "\"]}"));
}

}  // namespace deployctl::git
