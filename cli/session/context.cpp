#include "cli/session/context.hpp"

#include <unistd.h>

#include "cli/output/error_text.hpp"
#include "cli/output/terminal.hpp"
#include "cli/output/text.hpp"
#include "cli/session/interrupt.hpp"
#include "cli/session/next_step.hpp"
#include "core/artifact/artifact_store.hpp"
#include "core/base/clock.hpp"
#include "core/events/event.hpp"
#include "core/ledger/sqlite/sqlite_ledger.hpp"
#include "core/text/printable.hpp"

namespace deployctl::cli {
namespace {

void write_line(std::FILE* to, std::string_view line) {
  std::fwrite(line.data(), 1, line.size(), to);
  std::fputc('\n', to);
  std::fflush(to);
}

// What is full or forbidden in this host's state folder.
Error explained(Error error, const std::string& state_option) {
  if (!error.hint.empty() || (error.code != Code::no_space && error.code != Code::denied)) return error;
  const auto state = StateDir::find(state_option);
  if (!state || error.text().find(state->root) == std::string::npos) return error;
  if (error.code == Code::denied) return with_hint(std::move(error), "see whose it is: ls -ld " + state->root);
  return with_hint(std::move(error),
                   "on this host: df -h " + state->root + " and df -i " + state->root +
                       " show whether space or inodes have run out; deployctl artifact gc removes old artifacts");
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

void Context::print_json(const JsonObject& line) { print_json_line(line.text()); }

// Also what older versions recorded, or what a digest covers and therefore is stored as it is.
void Context::print_json_line(std::string_view line) {
  const std::lock_guard lock(writing_);
  write_line(streams_.out, printable_json(line));
}

void Context::note(std::string_view line) {
  if (!globals_.quiet) warn(line);
}

void Context::note_next(const rollout::Advice& advice, const Invocation& invocation, std::string_view words) {
  const std::string command = command_for(advice, invocation);
  if (!command.empty()) note(std::string(words) + ": " + command);
}

void Context::warn(std::string_view line) {
  const std::lock_guard lock(writing_);
  std::fflush(streams_.out);
  for (const auto& one : output::lines_of(line)) write_line(streams_.err, output::printable(one));
}

void Context::emit(events::Event event) {
  if (!json()) return;
  const std::lock_guard lock(writing_);
  event.seq = ++seq_;
  event.time = system_clock().wall();
  write_line(streams_.out, events::to_json_line(event));
}

void Context::emit(std::string_view name, const Subject& subject, const JsonObject& members) {
  events::Event event;
  event.name = name;
  event.service = subject.service;
  event.environment = subject.environment;
  event.rollout = subject.rollout;
  event.body = members.text();
  emit(std::move(event));
}

void Context::print_lines(const output::Lines& lines) {
  std::string text;
  for (const auto& line : lines) text += line.shown(color()) + "\n";
  print(text);
}

bool Context::color() const { return output::wants_color(streams_.out, globals_.no_color); }

std::size_t Context::width() const {
  return ::isatty(::fileno(streams_.out)) ? output::screen_of(streams_.out).width : 0;
}

std::size_t Context::error_width() const {
  return ::isatty(::fileno(streams_.err)) ? output::screen_of(streams_.err).width : 0;
}

int Context::fail_with(const Error& error) {
  return fail_with(error, error.code == Code::cancelled ? Interrupt::exit_code() : exit_code(error.code));
}

int Context::fail_with(const Error& failed, int code) {
  const Error error = explained(failed, globals_.state);
  events::Event event;
  event.name = "command_failed";
  event.error = error;
  event.body = JsonObject().add("exit_code", static_cast<unsigned>(code)).text();
  emit(event);
  const std::lock_guard lock(writing_);
  std::fflush(streams_.out);
  output::print_error(error, streams_.err, output::wants_color(streams_.err, globals_.no_color));
  return code;
}

Result<StateDir> Context::state() {
  DEPLOYCTL_TRY(dir, StateDir::find(globals_.state));
  DEPLOYCTL_CHECK(dir.make());
  return dir;
}

JsonObject to_json(const Error& error) {
  JsonObject out;
  out.add("code", to_string(error.code)).add("message", error.text()).add("hint", error.hint);
  return out;
}

struct Context::Stores {
  std::unique_ptr<ledger::Ledger> ledger;
  std::optional<artifact::ArtifactStore> artifacts;
};

Result<ledger::Ledger*> Context::ledger() {
  if (!stores_) stores_ = std::make_shared<Stores>();
  if (!stores_->ledger) {
    DEPLOYCTL_TRY(dir, state());
    DEPLOYCTL_TRY(opened, ledger::open_sqlite_ledger(dir.ledger()));
    stores_->ledger = std::move(opened);
  }
  return stores_->ledger.get();
}

Result<artifact::ArtifactStore*> Context::artifacts() {
  if (!stores_) stores_ = std::make_shared<Stores>();
  if (!stores_->artifacts) {
    DEPLOYCTL_TRY(dir, state());
    DEPLOYCTL_TRY(opened, artifact::ArtifactStore::open(dir.store()));
    stores_->artifacts = std::move(opened);
  }
  return &*stores_->artifacts;
}

}  // namespace deployctl::cli
