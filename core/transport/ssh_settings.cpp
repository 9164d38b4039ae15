#include "core/transport/ssh_settings.hpp"

#include <charconv>
#include <sstream>

#include "core/host/current_user.hpp"
#include "core/host/subprocess.hpp"

namespace deployctl::transport::detail {
namespace {

Result<unsigned> parse_port(const std::string& text) {
  unsigned port = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (ec != std::errc{} || end != text.data() + text.size() || port == 0 || port > 65535)
    return fail(Code::invalid, "no port: " + text);
  return port;
}

// Expands the tokens that are known before a login; `ssh -G` leaves them unexpanded.
std::string expand(const std::string& path, const SshSettings& settings) {
  std::string out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const char token = path[i] == '%' && i + 1 < path.size() ? path[++i] : '\0';
    switch (token) {
      case '\0':
        out += path[i];
        break;
      case '%':
        out += '%';
        break;
      case 'd':
        out += host::own_home().value_or("~");
        break;
      case 'h':
        out += settings.host;
        break;
      case 'r':
        out += settings.user;
        break;
      case 'p':
        out += std::to_string(settings.port);
        break;
      case 'u':
        out += host::own_user().value_or("");
        break;
      default:
        (out += '%') += token;
    }
  }
  return host::expand_home(out);
}

Status take(SshSettings& settings, const std::string& key, const std::string& value) {
  if (key == "hostname")
    settings.host = value;
  else if (key == "user")
    settings.user = value;
  else if (key == "identityfile")
    settings.identity_files.push_back(value);
  else if (key == "identitiesonly")
    settings.identities_only = value == "yes";
  else if (key == "proxyjump" && value != "none")
    settings.proxy_jump = value;
  if (key == "proxycommand" && value != "none")
    return fail(with_hint(error(Code::unsupported, "a ProxyCommand is not supported"), "use ProxyJump"));
  if (key == "port") {
    DEPLOYCTL_TRY(port, parse_port(value));
    settings.port = port;
  }
  return {};
}

}  // namespace

Result<SshSettings> parse_ssh_settings(const std::string& text) {
  SshSettings settings;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto space = line.find(' ');
    if (space == std::string::npos) continue;
    DEPLOYCTL_CHECK(take(settings, line.substr(0, space), line.substr(space + 1)));
  }
  if (settings.host.empty()) return fail(Code::invalid, "ssh -G named no host");
  for (auto& path : settings.identity_files) path = expand(path, settings);
  return settings;
}

asio::awaitable<Result<SshSettings>> ask_ssh(std::string config, std::string host, Duration most) {
  host::Command command;
  command.argv = {"ssh", "-G", "-F", host::expand_home(config), "--", host};
  const std::string what = "ssh_config " + config + " for " + host;
  auto said = co_await host::async_run(std::move(command), most);
  if (!said) co_return fail(with_context(said.error(), what));
  if (!said->exit.ok()) co_return fail(Code::invalid, what + ": " + said->err.substr(0, said->err.find('\n')));
  auto settings = parse_ssh_settings(said->out);
  if (!settings) co_return fail(with_context(settings.error(), what));
  co_return *settings;
}

}  // namespace deployctl::transport::detail
