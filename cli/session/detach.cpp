#include "cli/session/detach.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "cli/session/context.hpp"
#include "cli/session/interrupt.hpp"
#include "cli/session/progress_scope.hpp"
#include "core/host/subprocess.hpp"
#include "core/io/files.hpp"
#include "core/rollout/decision/advice.hpp"

namespace deployctl::cli {
namespace {

constexpr const char* mark = "DEPLOYCTL_DETACHED";
constexpr Duration look_every{std::chrono::milliseconds(100)};

Result<std::vector<std::string>> own_words() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> words;
  for (std::string word; std::getline(file, word, '\0');) words.push_back(word);
  if (words.empty()) return fail(Code::internal, "/proc/self/cmdline can't be read");
  return words;
}

// Not a second time into the background, no question, and events for us to read. What the user wants to see is ours to
// show. Behind "--" a word is no option: it stays, and ours go before it.
std::vector<std::string> words_there(std::vector<std::string> words) {
  const auto options_end = std::find(words.begin(), words.end(), "--");
  std::vector<std::string> out{"/proc/self/exe"};
  std::copy_if(words.begin() + 1, options_end, std::back_inserter(out),
               [](const std::string& word) { return word != "--detach"; });
  for (const auto* more : {"--yes", "--output", "json"}) out.emplace_back(more);
  out.insert(out.end(), options_end, words.end());
  return out;
}

std::vector<std::string> environment_there() {
  std::vector<std::string> out{std::string(mark) + "=1"};
  for (char** entry = environ; *entry; ++entry) out.emplace_back(*entry);
  return out;
}

// The lines of a file that grows.
class Lines {
 public:
  explicit Lines(const std::string& path) : file_(path, std::ios::binary) {}
  std::optional<std::string> next() {
    std::string more;
    file_.clear();
    std::getline(file_, more);
    const bool whole = !file_.eof();
    begun_ += more;
    if (!whole) return std::nullopt;
    return std::exchange(begun_, {});
  }

 private:
  std::ifstream file_;
  std::string begun_;
};

struct Seen {
  std::string rollout;           // it has begun
  bool has_ended = false;        // before it had begun; it was shown
  std::optional<Error> failure;  // of the command
  std::string last_words;        // no event: what it wrote to stderr
};

void show(Lines& lines, const events::EventSink& sink, Seen& seen) {
  while (const auto line = lines.next()) {
    auto event = events::parse_event(*line);
    if (!event) {
      seen.last_words = *line;
      continue;
    }
    if (event->name == "command_failed") {
      seen.failure = event->error;
      continue;
    }
    sink(*event);
    seen.has_ended = seen.has_ended || event->name == "rollout_finished";
    if (event->name == "rollout_started") {
      seen.rollout = event->rollout;
      return;
    }
  }
}

// It never came to an event that says why.
Error ended_early(const host::Exit& exit, const std::string& last_words) {
  return error(Code::internal, "the command in the background ended with " + exit.text() +
                                   (last_words.empty() ? "" : ": " + last_words));
}

}  // namespace

bool is_detached() { return std::getenv(mark) != nullptr; }

Result<int> detach(Context& context, const Invocation& invocation) {
  DEPLOYCTL_TRY(state, context.state());
  DEPLOYCTL_CHECK(io::make_dirs(state.logs(), 0700));
  const std::string log = state.logs() + "/detached-" + std::to_string(::getpid()) + ".jsonl";
  DEPLOYCTL_TRY(words, own_words());
  host::Command command;
  command.argv = words_there(std::move(words));
  command.env = environment_there();
  command.group = host::Command::Group::session;
  command.out = host::Stdio::file(log);
  command.err = host::Stdio::append(log);
  DEPLOYCTL_TRY(child, host::Subprocess::spawn(command));
  ProgressScope view(context, invocation);
  Lines lines(log);
  Seen seen;
  for (;;) {
    const auto exit = child.exited();  // asked first: whatever it wrote is there
    show(lines, view.sink(), seen);
    if (!seen.rollout.empty()) break;
    if (exit) {
      view.finish();
      (void)io::remove_file(log);
      const int code = exit->signal ? exit_codes::internal : exit->code;
      if (seen.failure) return context.fail_with(*seen.failure, code);
      if (code == exit_codes::done || seen.has_ended) return code;
      return context.fail_with(ended_early(*exit, seen.last_words), code);
    }
    view.tick();
    pollfd waits[2] = {{child.pidfd(), POLLIN, 0}, {context.cancel().fd(), POLLIN, 0}};
    (void)::poll(waits, 2, static_cast<int>(look_every.count()));
    if (!context.cancel().cancelled()) continue;
    (void)child.end(std::chrono::seconds(10));
    return fail(Code::cancelled, "interrupted before the rollout had begun");
  }
  child.detach();
  view.finish();
  context.note("rollout " + seen.rollout + " continues in the background");
  context.note_next({rollout::Advice::Kind::watch, seen.rollout}, invocation);
  return exit_codes::done;
}

}  // namespace deployctl::cli
