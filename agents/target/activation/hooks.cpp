#include "agents/target/activation/hooks.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <thread>

#include "core/host/subprocess.hpp"
#include "core/io/files.hpp"

namespace deployctl::target {
namespace {

constexpr Duration grace{std::chrono::seconds(5)};

// The shell waits for a line on its stdin, then becomes the hook, with no stdin. If the agent dies before that, the
// shell exits.
constexpr const char* gate = "read -r go && exec /bin/sh -e -c \"$0\" </dev/null";

Result<host::Subprocess> start_line(const HookRun& run, const std::string& line) {
  host::Command command;
  command.argv = {"/bin/sh", "-c", gate, line};
  command.cwd = run.cwd;
  command.env = run.env;
  command.in = host::Stdio::pipe();
  command.out = host::Stdio::append(run.log);
  command.err = host::Stdio::append(run.log);
  DEPLOYCTL_TRY(child, host::Subprocess::spawn(command));
  const io::Fd in = child.take_stdin();
  DEPLOYCTL_CHECK(run.on_process(child.pid()));
  DEPLOYCTL_CHECK(io::write_all(in.get(), as_bytes("go\n")));
  return child;
}

std::string last_words(const HookRun& run, std::uint64_t from) {
  auto fd = io::open_fd(run.log, O_RDONLY);
  struct stat st {};
  if (!fd || ::fstat(fd->get(), &st) != 0) return {};
  const auto size = static_cast<std::uint64_t>(st.st_size);
  char text[400];
  const auto at = std::max(from, size > sizeof text ? size - sizeof text : 0);
  const ssize_t n = ::pread(fd->get(), text, sizeof text, static_cast<off_t>(at));
  std::string words(text, static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  while (!words.empty() && words.back() == '\n') words.pop_back();
  const auto line = words.rfind('\n');
  return line == std::string::npos ? words : words.substr(line + 1);
}

Error hook_error(const HookRun& run, const std::string& what, std::uint64_t from) {
  const std::string words = last_words(run, from);
  return with_hint(error(Code::hook_failed, "hook " + run.name + ": " + what + (words.empty() ? "" : ": " + words)),
                   "its output is in " + run.log);
}

std::uint64_t size_of(const std::string& path) {
  struct stat st {};
  return ::stat(path.c_str(), &st) == 0 ? static_cast<std::uint64_t>(st.st_size) : 0;
}

struct Member {
  int pid = 0, group = 0, session = 0;
};

// "pid (comm) state ppid pgrp session ..."; comm may contain anything, so parsing starts after its last ')'.
bool read_member(const std::string& pid, Member& out) {
  const std::string stat = io::read_file("/proc/" + pid + "/stat", 65536).value_or("");
  const auto after = stat.rfind(')');
  if (after == std::string::npos) return false;
  char state = 0;
  int parent = 0;
  out.pid = std::atoi(pid.c_str());
  return std::sscanf(stat.c_str() + after + 1, " %c %d %d %d", &state, &parent, &out.group, &out.session) == 4 &&
         state != 'Z';
}

std::vector<int> members(int group, int session) {
  std::vector<int> found;
  for (const auto& name : io::list_dir("/proc").value_or(std::vector<std::string>{})) {
    Member member;
    if (name.find_first_not_of("0123456789") != std::string::npos || !read_member(name, member)) continue;
    if (member.group == group && member.session == session) found.push_back(member.pid);
  }
  return found;
}

// The last one first; processes that earlier lines left behind are ended too.
void end_lines(std::vector<host::Subprocess>& lines) {
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) (void)line->end(grace);
}

}  // namespace

Status run_hook(const HookRun& run) {
  const auto deadline = std::chrono::steady_clock::now() + run.hook.timeout;
  std::vector<host::Subprocess> lines;  // not reaped, so that their process group ids are not reused
  for (const auto& line : run.hook.run) {
    const auto from = size_of(run.log);
    auto child = start_line(run, line);
    if (!child) end_lines(lines);
    if (!child) return fail(with_context(child.error(), "hook " + run.name));
    lines.push_back(std::move(*child));
    const auto left = std::chrono::duration_cast<Duration>(deadline - std::chrono::steady_clock::now());
    auto exit = lines.back().wait(std::max(left, Duration(0)));
    if (exit && exit->ok()) continue;
    end_lines(lines);
    if (exit) return fail(hook_error(run, exit->text(), from));
    if (exit.error().code != Code::timed_out) return fail(with_context(exit.error(), "hook " + run.name));
    return fail(hook_error(run, "not over after " + human_duration(run.hook.timeout), from));
  }
  return {};
}

std::vector<std::string> hook_env(const Intent& intent, const HookWords& words, const model::Environment& env) {
  std::map<std::string, std::string> all{{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}};
  for (const char* name : {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "TMPDIR", "XDG_RUNTIME_DIR"})
    if (const char* value = std::getenv(name)) all[name] = value;
  for (const auto& [name, value] : env) all[name] = value;
  all["SERVICE"] = intent.service;
  all["ENVIRONMENT"] = intent.environment;
  all["VERSION"] = words.version;
  all["RELEASE"] = words.release;
  all["PREVIOUS_RELEASE"] = words.previous_release;
  all["DEPLOY_TO"] = words.deploy_to;
  all["SHARED"] = words.shared;
  all["REGION"] = intent.region;
  all["TARGET"] = intent.target;
  all["ROLLOUT"] = intent.rollout;
  std::vector<std::string> out;
  for (const auto& [name, value] : all) out.push_back(name + "=" + value);
  return out;
}

void end_group(int group, int session) {
  if (group <= 1) return;
  const auto killing = std::chrono::steady_clock::now() + grace;
  const auto giving_up = killing + grace;  // processes of another user, or stuck in the kernel
  for (auto alive = members(group, session); !alive.empty(); alive = members(group, session)) {
    const bool late = std::chrono::steady_clock::now() > killing;
    if (std::chrono::steady_clock::now() > giving_up) return;
    for (const int pid : alive) ::kill(pid, late ? SIGKILL : SIGTERM);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace deployctl::target
