#include "core/remote/agent_command.hpp"

namespace deployctl::remote::detail {
namespace {

// Sent once per session, possibly over a long-distance link, so the part that only a host without the agent needs is
// sent separately. Placeholders such as @DIGEST@ are replaced.
constexpr const char* command =
    // clang-format off
    R"(a="$HOME/.cache/deployctl/agents/@DIGEST@"; r=@ROLE@; )"
    R"(test -f "$a" && test -x "$a" && exec "$a" $r; )"
    R"(printf "\001deployctl-wants"; uname -m || echo "?"; read -r s && eval "$s")";

// `head` may read bytes beyond the agent. That is harmless, because the caller sends frames only after the magic.
constexpr const char* installer =
    R"(d="${a%/*}"; n="${a##*/}"; t="$d/.$n.@TOKEN@"; )"
    R"(f() { echo "deployctl: cannot install the agent: $1"; rm -f "$t"; exit 1; }; )"
    R"(for m in mkdir head sha256sum chmod mv rm; do )"
    R"(command -v $m >/dev/null || f "the host has no \`$m\`"; done; )"
    R"(m=$( { umask 077; mkdir -p "$d"; } 2>&1 ) || f "$m"; )"
    R"(c() { rm -f "$t"; }; trap "exit 1" HUP INT TERM PIPE; trap c EXIT; )"
    R"(m=$( { head -c @SIZE@ >"$t"; } 2>&1 ) || f "$m"; )"
    R"(m=$( sha256sum <"$t" 2>&1 ); case "$m" in "$n"*) ;; *) f "what arrived has another checksum: $m";; esac; )"
    R"(m=$( chmod 755 "$t" 2>&1 ) || f "$m"; sync "$t" 2>/dev/null; )"
    R"(test @MACHINE@ = known || test ! -x "$t" || "$t" --version >/dev/null 2>&1 || )"
    R"(f "the host cannot run the agent, and has no \`uname\` that says what machine it is"; )"
    R"(m=$( mv -f "$t" "$a" 2>&1 ) || f "$m"; )"
    R"(test -x "$a" || f "$a cannot be executed: is its file system mounted noexec?"; )"
    R"(exec "$a" $r)";
// clang-format on

std::string replaced(std::string text, const std::string& name, const std::string& value) {
  for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + value.size()))
    text.replace(at, name.size(), value);
  return text;
}

}  // namespace

std::string agent_command(const AgentImage& image, const std::string& role) {
  const std::string text = replaced(command, "@DIGEST@", image.digest.hex());
  return "exec /bin/sh -c '" + replaced(text, "@ROLE@", role) + "'";
}

std::string install_line(const AgentImage& image, const std::string& token, bool knows_machine) {
  std::string text = replaced(installer, "@SIZE@", std::to_string(image.size));
  text = replaced(std::move(text), "@MACHINE@", knows_machine ? "known" : "unknown");
  return replaced(std::move(text), "@TOKEN@", token) + "\n";
}

}  // namespace deployctl::remote::detail
