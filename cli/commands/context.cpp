#include "cli/commands/context.hpp"

#include "cli/commands/interrupt.hpp"
#include "core/base/clock.hpp"

namespace deployctl::commands {
namespace {

constexpr unsigned event_schema = 1;

void write_line(std::FILE* to, std::string_view line) {
  std::fwrite(line.data(), 1, line.size(), to);
  std::fputc('\n', to);
  std::fflush(to);
}

}  // namespace

Context::Context(Globals globals, Streams streams) : globals_(std::move(globals)), streams_(streams) {}
Context::~Context() = default;

const io::CancelToken& Context::cancel() const { return Interrupt::token(); }

void Context::print(std::string_view text) {
  if (json()) return;
  const std::lock_guard lock(writing_);
  std::fwrite(text.data(), 1, text.size(), streams_.out);
}

void Context::print_json(const JsonObject& line) {
  const std::lock_guard lock(writing_);
  write_line(streams_.out, line.text());
}

void Context::note(std::string_view line) {
  if (!globals_.quiet) warn(line);
}

void Context::warn(std::string_view line) {
  const std::lock_guard lock(writing_);
  std::fflush(streams_.out);
  write_line(streams_.err, line);
}

void Context::emit(std::string_view name, const Subject& subject, const JsonObject& members) {
  if (!json()) return;
  const std::lock_guard lock(writing_);
  JsonObject line;
  line.add("schema", event_schema).add("seq", ++seq_).add("time", to_string(system_clock().wall())).add("event", name);
  line.add_if("rollout", subject.rollout).add_if("service", subject.service);
  line.add_if("environment", subject.environment);
  line.add_members(members);
  write_line(streams_.out, line.text());
}

int Context::fail_with(const Error& error) {
  return fail_with(error, error.code == Code::cancelled ? Interrupt::exit_code() : exit_code(error.code));
}

int Context::fail_with(const Error& error, int code) {
  emit("command_failed", {}, JsonObject().add_raw("error", to_json(error).text()).add("exit_code", static_cast<unsigned>(code)));
  warn("deployctl: " + error.text());
  if (!error.hint.empty()) warn("  " + error.hint);
  return code;
}

Result<StateDir> Context::state() {
  DEPLOYCTL_TRY(dir, StateDir::find(globals_.state));
  DEPLOYCTL_CHECK(dir.make());
  return dir;
}

JsonObject to_json(const Error& error) {
  JsonObject out;
  out.add("code", to_string(error.code)).add("message", error.message);
  if (!error.context.empty()) out.add("context", error.context);
  return out.add_if("hint", error.hint);
}

}  // namespace deployctl::commands
