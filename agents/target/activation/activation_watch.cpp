#include "agents/target/activation/activation_watch.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agents/target/activation/survey.hpp"
#include "agents/target/slot/kept_releases.hpp"
#include "core/host/free_space.hpp"
#include "core/host/subprocess.hpp"
#include "core/io/deadline.hpp"
#include "core/io/files.hpp"
#include "core/text/program_output.hpp"

namespace deployctl::target {
namespace {

constexpr Duration look_every{std::chrono::milliseconds(50)};
constexpr int max_starts = 3;
constexpr std::uint64_t max_output = 64 * 1024;   // per step
constexpr std::uint64_t max_sent = 256 * 1024;    // per activation
constexpr std::uint64_t short_output = 4 * 1024;  // per step, after max_sent

// The detached process, observed through a pidfd of our own. It outlives this object.
struct Detached {
  io::Fd pidfd;
  bool over() const {
    pollfd entry{pidfd.get(), POLLIN, 0};
    if (::poll(&entry, 1, 0) <= 0) return false;
    siginfo_t info{};
    ::waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &info, WEXITED | WNOHANG);
    return true;
  }
};

Result<Detached> start_process(const Slot& slot, const std::string& self_exe) {
  host::Command command;
  command.argv = {self_exe, "activate", "--deploy-to", slot.path()};
  command.cwd = "/";
  command.out = host::Stdio::append(slot.state("activate.log"));
  command.err = host::Stdio::append(slot.state("activate.log"));
  command.group = host::Command::Group::session;
  DEPLOYCTL_TRY(child, host::Subprocess::spawn(command));
  auto pidfd = io::duplicate(child.pidfd());
  child.detach();
  if (!pidfd) return fail(pidfd.error());
  return Detached{std::move(*pidfd)};
}

// The output of hooks since the previous call. Of long output only the end is sent, after a line that says how much was
// left out; the file has all of it. After `max_sent` bytes only short ends are sent.
class LogTail {
 public:
  LogTail(std::string path, std::uint64_t from) : path_(std::move(path)), at_(from) {}
  std::string more() {
    auto fd = io::open_fd(path_, O_RDONLY);
    struct stat st {};
    if (!fd || ::fstat(fd->get(), &st) != 0) return {};
    const auto size = static_cast<std::uint64_t>(st.st_size);
    if (size <= at_) return {};
    const auto most = sent_ < max_sent ? max_output : short_output;
    const auto left_out = size - at_ - std::min(size - at_, most);
    std::string text(size - at_ - left_out, '\0');
    const ssize_t n = ::pread(fd->get(), text.data(), text.size(), static_cast<off_t>(at_ + left_out));
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    at_ += left_out + text.size();
    sent_ += text.size();
    if (left_out > 0)
      text = "[" + std::to_string(left_out) + " bytes left out; all of it is in " + path_ + "]\n" + text;
    return text;
  }

 private:
  std::string path_;
  std::uint64_t at_;
  std::uint64_t sent_ = 0;
};

std::optional<protocol::pb::Event> event_of(const Record& record, LogTail& log) {
  protocol::pb::Event event;
  auto& step = *event.mutable_step();
  step.set_name(to_string(record.step));
  switch (record.kind) {
    case Record::Kind::begun:
      step.set_state("begun");
      return event;
    case Record::Kind::done:
      step.set_state("done");
      break;
    case Record::Kind::failed:
      step.set_state("failed");
      step.set_detail(text::printable(record.error.text()));
      break;
    default:
      return std::nullopt;
  }
  step.set_output(text::printable(log.more()));
  return event;
}

asio::awaitable<Status> tell(serve::Exchange* exchange, const std::vector<Record>& records, std::size_t& told,
                             LogTail& log) {
  for (; told < records.size(); ++told) {
    const auto event = event_of(records[told], log);
    if (event && exchange) {
      DEPLOYCTL_CO_CHECK(co_await exchange->emit(*event));
    }
  }
  co_return Status{};
}

Error gave_up(const Slot& slot) {
  std::string words = io::read_file(slot.state("activate.log")).value_or("");
  while (!words.empty() && words.back() == '\n') words.pop_back();
  const auto line = words.rfind('\n');
  if (line != std::string::npos) words = words.substr(line + 1);
  return with_hint(error(Code::internal, "the activation ends before its journal does: " +
                                             (words.empty() ? std::string("it said nothing") : text::printable(words))),
                   "look at " + slot.state("activate.log") + "; a rerun goes on where it stopped");
}

}  // namespace

protocol::pb::Activated activated_of(const Slot& slot, const JournalText& journal) {
  const Progress progress = fold(journal.records);
  protocol::pb::Activated out;
  switch (progress.ended.value_or(Outcome::broken)) {
    case Outcome::active:
      out.set_outcome(protocol::pb::Activated::ACTIVE);
      break;
    case Outcome::reverted:
      out.set_outcome(protocol::pb::Activated::REVERTED);
      break;
    case Outcome::broken:
      out.set_outcome(protocol::pb::Activated::BROKEN);
      break;
    case Outcome::deactivated:
      out.set_outcome(protocol::pb::Activated::DEACTIVATED);
      break;
  }
  if (progress.failure) {
    Error why = with_context(progress.failure->error, to_string(progress.failure->step));
    if (progress.ended == Outcome::broken && !progress.back_failures.empty())
      why.message += "; and on the way back: " + progress.back_failures.back().error.message;
    why = host::explain_storage(std::move(why), slot.path());
    why.message = text::printable(why.message);
    *out.mutable_error() = protocol::to_abort(why);
    out.set_unhealthy(progress.failure->error.code == Code::unhealthy);
  }
  const auto current = slot.current_folder();
  if (current && *current)
    if (auto kept = kept_release(slot, **current)) *out.mutable_current() = to_wire(*kept);
  return out;
}

asio::awaitable<Result<protocol::pb::Activated>> follow_activation(Slot slot, std::string self_exe,
                                                                   serve::Exchange* exchange) {
  DEPLOYCTL_CO_TRY(first, Journal::read(slot));
  LogTail log(slot.hook_log(first.intent.rollout), first.intent.log_from);
  std::size_t told = 0;
  for (int starts = 0; starts < max_starts; ++starts) {
    DEPLOYCTL_CO_TRY(process, start_process(slot, self_exe));
    for (bool over = false; !over;) {
      over = process.over();  // before the read, so that its last records are seen
      DEPLOYCTL_CO_TRY(journal, Journal::read(slot));
      DEPLOYCTL_CO_CHECK(co_await tell(exchange, journal.records, told, log));
      if (fold(journal.records).ended) co_return activated_of(slot, journal);
      if (exchange && exchange->cancelled().cancelled())
        co_return fail(Code::cancelled, "the caller went away; the activation goes on");
      if (!over) co_await io::sleep_for(look_every);
    }
  }
  co_return fail(gave_up(slot));
}

}  // namespace deployctl::target
