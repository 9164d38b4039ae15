#include "core/rollout/driver/control_hooks.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>

#include "core/host/subprocess.hpp"
#include "core/io/deadline.hpp"
#include "core/io/files.hpp"

namespace deployctl::rollout {
namespace {

constexpr Duration grace{std::chrono::seconds(5)};

std::vector<std::string> whole_env(const std::vector<std::string>& more) {
  std::map<std::string, std::string> all;
  const auto put = [&](const std::string& entry) { all[entry.substr(0, entry.find('='))] = entry; };
  for (char** entry = environ; *entry; ++entry) put(*entry);
  for (const auto& entry : more) put(entry);
  std::vector<std::string> out;
  for (auto& [name, entry] : all) out.push_back(std::move(entry));
  return out;
}

std::string last_line(const std::string& path) {
  std::string text = io::read_file(path).value_or("");
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const auto from = text.rfind('\n');
  return (from == std::string::npos ? text : text.substr(from + 1)).substr(0, 400);
}

Error failed(const ControlHookRun& run, const std::string& what) {
  const std::string words = last_line(run.log);
  return with_hint(error(Code::hook_failed, "hook " + run.name + ": " + what + (words.empty() ? "" : ": " + words)),
                   "its output is in " + run.log);
}

asio::awaitable<Status> run_line(const ControlHookRun& run, const std::string& line, SteadyTime deadline,
                                 io::CancelToken token) {
  host::Command command;
  command.argv = {"/bin/sh", "-e", "-c", line};
  command.cwd = run.cwd;
  command.env = whole_env(run.env);
  command.out = host::Stdio::append(run.log);
  command.err = host::Stdio::append(run.log);
  DEPLOYCTL_CO_TRY(child, host::Subprocess::spawn(command));
  auto limited = io::with_deadline(child.async_wait(), std::max(deadline - io::now_steady(), Duration(1)), run.name);
  auto exit = co_await io::with_cancel(std::move(limited), token, run.name);
  if (exit && exit->ok()) co_return Status{};
  (void)co_await child.async_end(grace);
  if (exit) co_return fail(failed(run, exit->text()));
  if (exit.error().code == Code::timed_out)
    co_return fail(failed(run, "not over after " + human_duration(run.hook.timeout)));
  co_return fail(exit.error());
}

}  // namespace

asio::awaitable<Status> run_control_hook(ControlHookRun run, io::CancelToken token) {
  DEPLOYCTL_CO_CHECK(io::make_dirs(io::parent_dir(run.log), 0700));
  const auto deadline = io::now_steady() + run.hook.timeout;
  for (const auto& line : run.hook.run) {
    DEPLOYCTL_CO_CHECK(co_await run_line(run, line, deadline, token));
  }
  co_return Status{};
}

}  // namespace deployctl::rollout
