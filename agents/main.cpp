// deploy-agent: the remote end of deployctl, one static program with one role per command-line word. deployctl installs
// and starts it over SSH; users don't start it by hand.
#include <sys/stat.h>

#include <csignal>
#include <cstdio>
#include <string_view>
#include <vector>

#include "agents/background_relay.hpp"
#include "agents/malloc_tuning.hpp"
#include "agents/relay_launcher.hpp"
#include "agents/roles.hpp"
#include "agents/session_stdio.hpp"
#include "agents/target/activation/activate_process.hpp"

namespace {

using namespace deployctl;

constexpr const char* usage_text =
    "usage: deploy-agent ROLE\n"
    "\n"
    "  target                        serve this host's slots on stdin and stdout (deployctl starts this over ssh)\n"
    "  relay                         the same for the hosts behind this one: reaches them by ssh, hands payloads on\n"
    "  activate --deploy-to PATH     go on with the activation that PATH's journal tells of, to its end\n"
    "  --version                     version, protocol, and the sha256 of this program\n"
    "  --help                        this text\n";

int usage_error(const std::string& why) {
  std::fprintf(stderr, "deploy-agent: %s\n%s", why.c_str(), usage_text);
  return 2;
}

int activate(const std::vector<std::string_view>& words) {
  constexpr std::string_view flag = "--deploy-to";
  agents::keep_pages();
  if (words.size() == 2 && words[0] == flag) return target::run_activate(std::string(words[1]));
  if (words.size() == 1 && words[0].starts_with("--deploy-to="))
    return target::run_activate(std::string(words[0].substr(flag.size() + 1)));
  return usage_error("activate needs --deploy-to PATH and nothing else");
}

int relay(const std::vector<std::string_view>& words) {
  if (words.empty()) return agents::run_relay_role();
  if (words.size() == 2 && words[0] == "--background") return agents::be_background_relay(std::string(words[1]));
  return usage_error("relay takes no arguments");
}

int run(const std::vector<std::string_view>& words) {
  if (words.empty()) return usage_error("which role?");
  const std::string_view role = words[0];
  const std::vector<std::string_view> rest(words.begin() + 1, words.end());
  if (role == "activate") return activate(rest);
  if (role == "relay") return relay(rest);
  if (!rest.empty()) return usage_error("'" + std::string(role) + "' takes no arguments");
  if (role == "target") return agents::be_target();
  if (role == "--version") return agents::print_version();
  if (role == "--help" || role == "-h" || role == "help") {
    std::fputs(usage_text, stdout);
    return 0;
  }
  return usage_error("there is no role '" + std::string(role) + "'");
}

}  // namespace

int main(int argc, char** argv) {
  deployctl::agents::fill_standard_descriptors();
  ::umask(022);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGHUP, SIG_IGN);
  return run(std::vector<std::string_view>(argv + (argc > 0 ? 1 : 0), argv + argc));
}
