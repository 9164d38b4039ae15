// What a command runs in: the options given everywhere, the places of this control host, and the two streams. Answers
// go to stdout, words beside them to stderr; with --output json stdout holds JSON lines only. Made by the command line,
// used by one command on one thread (emit() and note() may be called from a worker as long as nobody else writes
// meanwhile). What may fail answers a Result; hand its Error to fail_with() and return the code.
#pragma once

#include <algorithm>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "cli/output/line.hpp"
#include "cli/parse/exit_code.hpp"
#include "cli/parse/globals.hpp"
#include "cli/session/json_object.hpp"
#include "cli/session/state_dir.hpp"
#include "core/base/result.hpp"
#include "core/io/cancel_token.hpp"

namespace deployctl::rollout {
struct Advice;
}
namespace deployctl::events {
struct Event;
}  // namespace deployctl::events
namespace deployctl::ledger {
class Ledger;
}
namespace deployctl::artifact {
class ArtifactStore;
}

namespace deployctl::cli {

struct Invocation;

struct Streams {
  std::FILE* out = stdout;
  std::FILE* err = stderr;
};

// What an event is about.
struct Subject {
  std::string service, environment, rollout;
};

class Context {
 public:
  explicit Context(Globals globals, Streams streams = {});
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  const Globals& globals() const { return globals_; }
  bool json() const { return globals_.json(); }
  Streams streams() const { return streams_; }
  // Set by the first Ctrl-C or SIGTERM.
  const io::CancelToken& cancel() const;

  void print(std::string_view text);            // the answer, as it is; nothing under --output json
  void print_json(const JsonObject& line);      // one line on stdout
  void print_json_line(std::string_view line);  // that is JSON already
  void note(std::string_view line);             // on stderr; not under --quiet
  void warn(std::string_view line);             // on stderr, always
  // note(), "words: command", where there is a command to paste; else nothing. "next" as `words` by default.
  void note_next(const rollout::Advice& advice, const Invocation& invocation, std::string_view words = "next");
  // Under --output json a line on stdout, numbered and timed here; otherwise nothing.
  void emit(events::Event event);
  void emit(std::string_view name, const Subject& subject, const JsonObject& members = {});
  // Events of a build or a rollout, numbered already, were printed: emit() counts on from there.
  void go_on_from(std::uint64_t seq) { seq_ = std::max(seq_, seq); }
  void print_lines(const output::Lines& lines);  // print() with colours where they are wanted
  bool color() const;                            // of stdout
  std::size_t width() const;                     // of the terminal that stdout is; 0: as wide as it likes
  std::size_t error_width() const;               // the same of stderr

  // Says what failed and what to do next, and answers the exit code: return context.fail_with(result.error());
  int fail_with(const Error& error);
  // The same with a code of the command's own.
  int fail_with(const Error& error, int code);

  Result<StateDir> state();  // the folders are made
  // Opened when first asked for; they live as long as the context.
  Result<ledger::Ledger*> ledger();
  Result<artifact::ArtifactStore*> artifacts();

 private:
  struct Stores;
  Globals globals_;
  Streams streams_;
  std::uint64_t seq_ = 0;
  std::mutex writing_;
  std::shared_ptr<Stores> stores_;
};

// {"code":..,"message":..,"hint":..}, as in events.
JsonObject to_json(const Error& error);

}  // namespace deployctl::cli
