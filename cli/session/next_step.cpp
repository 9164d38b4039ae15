#include "cli/session/next_step.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "cli/output/text.hpp"
#include "cli/session/webhook_notifier.hpp"

namespace deployctl::cli {
namespace {

using AdviceKind = rollout::Advice::Kind;
using Words = std::vector<std::string>;

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_-./:=@%+,").find(c) != std::string_view::npos;
}

// $'...': a backslash before what would end it, \xNN for what is no printable ASCII.
std::string ansi_quoted(const std::string& text) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out = "$'";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\'' || c == '\\')
      out += {'\\', c};
    else if (byte >= 0x20 && byte < 0x7f)
      out += c;
    else
      out += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
  }
  return out + "'";
}

// A value that looks like an option is tied to its own.
void add_option(Words& words, const char* name, const std::string& value) {
  if (value.empty()) return;
  if (value.starts_with("-")) return words.push_back(std::string(name) + "=" + value);
  words.emplace_back(name);
  words.push_back(value);
}

void add_notify(Words& words, const Invocation& invocation) {
  for (const auto& url : invocation.notify)
    if (holds_no_secret(url)) add_option(words, "--notify", url);
}

void add_deploy(Words& words, const Invocation& invocation) {
  add_option(words, "--ref", invocation.ref);
  add_option(words, "--artifact", invocation.artifact);
  add_option(words, "--version", invocation.version);
  add_option(words, "--override-freeze", invocation.override_freeze);
  add_notify(words, invocation);
}

Words words_of_plan(const rollout::Advice& advice, const Invocation& invocation) {
  const std::string plan = invocation.plan.starts_with("-") ? "./" + invocation.plan : invocation.plan;
  Words words;
  switch (advice.kind) {
    case AdviceKind::status:
      words = {"status", plan};
      break;
    case AdviceKind::validate:
      words = {"validate", plan};
      break;
    case AdviceKind::converge:
      words = {"fleet", "converge", plan};
      break;
    case AdviceKind::plan:
      words = {"plan", plan};
      add_option(words, "--ref", invocation.ref);
      break;
    case AdviceKind::deploy_again:
      words = {"deploy", plan};
      add_deploy(words, invocation);
      break;
    case AdviceKind::deploy_ref: {
      words = {"deploy", plan};
      Invocation other = invocation;
      other.artifact.clear();
      other.version.clear();
      other.ref = advice.about;
      add_deploy(words, other);
      break;
    }
    case AdviceKind::roll_back:
    case AdviceKind::roll_back_to:
      // Without its release it would be a bare rollback, which is another thing.
      if (advice.kind == AdviceKind::roll_back_to && advice.about.empty()) return {};
      words = {"rollback", plan};
      if (advice.kind == AdviceKind::roll_back_to) add_option(words, "--to", advice.about);
      add_notify(words, invocation);
      break;
    default:
      return {};
  }
  for (const auto& one : invocation.set) add_option(words, "--set", one);
  add_option(words, "--fleet", invocation.fleet);
  return words;
}

Words words_of(const rollout::Advice& advice, const Invocation& invocation) {
  switch (advice.kind) {
    case AdviceKind::list_rollouts:
      return {"status"};
    case AdviceKind::list_artifacts:
      return {"artifact", "list"};
    default:
      break;
  }
  const bool names_a_rollout = advice.kind <= AdviceKind::logs;
  if (names_a_rollout && (advice.about.empty() || !invocation.has_ledger)) return {};
  switch (advice.kind) {
    case AdviceKind::resume:
      return {"resume", advice.about};
    case AdviceKind::approve:
      return {"approve", advice.about};
    case AdviceKind::promote:
      return {"promote", advice.about};
    case AdviceKind::abort:
      return {"abort", advice.about};
    case AdviceKind::show:
      return {"status", advice.about};
    case AdviceKind::watch:
      return {"status", "--watch", advice.about};
    case AdviceKind::logs:
      return {"logs", advice.about};
    default:
      break;
  }
  if (invocation.plan.empty() || !can_be_named_again(file_of_plan(invocation.plan))) return {};
  if (!invocation.fleet.empty() && !can_be_named_again(invocation.fleet)) return {};
  return words_of_plan(advice, invocation);
}

}  // namespace

std::string file_of_plan(const std::string& plan) {
  struct stat st {};
  const auto service = plan.rfind('#');
  return service == std::string::npos || ::stat(plan.c_str(), &st) == 0 ? plan : plan.substr(0, service);
}

std::string shell_word(const std::string& text) {
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return text;
  if (output::printable(text) != text) return ansi_quoted(text);
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

bool can_be_named_again(const std::string& path) {
  std::error_code ec;
  const auto whole = std::filesystem::absolute(path, ec).lexically_normal().string();
  if (whole.starts_with("/dev/") || whole.starts_with("/proc/")) return false;
  struct stat st {};
  return ::stat(path.c_str(), &st) != 0 || S_ISREG(st.st_mode);
}

std::string command_for(const rollout::Advice& advice, const Invocation& invocation) {
  auto words = words_of(advice, invocation);
  if (words.empty()) return {};
  add_option(words, "--state", invocation.state);
  std::string out = "deployctl";
  for (const auto& word : words) out += " " + shell_word(word);
  return out;
}

rollout::CommandFor commands_of(Invocation invocation) {
  return
      [invocation = std::move(invocation)](const rollout::Advice& advice) { return command_for(advice, invocation); };
}

}  // namespace deployctl::cli
