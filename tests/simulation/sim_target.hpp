// A target: what its disk holds (releases, current, grant, journal) apart from what a crash takes (its agent, the
// activation's process, what runs). It answers requests as agents/target does, with the real grants and the real
// activation machine. Everything that takes time runs on the world's loop; an answer goes to whoever asked, if it is
// still there to be given.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "agents/target/grant/grant.hpp"
#include "agents/target/slot/activation_machine.hpp"
#include "core/io/notifier.hpp"
#include "core/protocol/messages.hpp"
#include "tests/simulation/chance.hpp"
#include "tests/simulation/releases.hpp"

namespace deployctl::simulation {

using asio::awaitable;
using Answer = std::function<void(Result<protocol::pb::Reply>)>;

// Told at the moments that invariants are about.
class TargetWatch {
 public:
  virtual ~TargetWatch() = default;
  virtual void granted(std::size_t target, const std::string& rollout, std::uint64_t epoch) = 0;
  virtual void changing(std::size_t target, const std::string& rollout, std::uint64_t epoch,
                        const char* what) = 0;  // executed now
  virtual void activation_begins(std::size_t target, const target::Intent& intent) = 0;
  virtual void activation_ends(std::size_t target, const target::Intent& intent, target::Outcome outcome) = 0;
  virtual void say(const std::string& who, const std::string& what) = 0;
};

struct SimKept {
  std::size_t release = 0;  // index into the world's releases
  bool confirmed = false, failed = false;
  std::int64_t staged_at = 0;
};

class SimTarget {
 public:
  SimTarget(asio::any_io_executor executor, Chance& chance, const std::vector<SimRelease>& releases, TargetWatch& watch,
            std::size_t number, std::string name);

  // Answered once: by what came of it, or as disconnected when a crash came between.
  void serve(protocol::pb::Request request, Answer answer);
  void install_first(std::size_t release);  // runs, confirmed

  bool up() const { return up_; }
  void go_down();
  void come_up(bool rebooted);
  void kill_agent();       // requests in flight are lost
  void kill_activation();  // its process
  void make_sick(bool sick) { sick_ = sick; }

  bool serves() const;  // runs something that is healthy
  bool healthy_release() const;
  std::optional<std::size_t> current() const { return current_; }
  bool confirmed() const { return current_ && kept_.at(*current_).confirmed; }
  bool busy() const { return journal_ && !target::fold(journal_->records).ended; }
  const target::Grant& grant() const { return grant_; }
  const std::string& name() const { return name_; }
  const std::string& activator() const;  // rollout of the unfinished journal; empty: none

  bool ignores_epochs = false;  // broken on purpose
  // A compromised or faulty host: what it answers may bind nothing but itself.
  enum class Lie {
    none,
    epoch,
    silent_survey,
    silent_grant,
    silent_stage,
    silent_activate,
    refuses,
    claims_active,
    claims_activation
  };
  Lie lie = Lie::none;
  std::uint64_t lying_epoch = 0;
  enum class Disk { tight, seldom_full, well };
  Disk disk = Disk::seldom_full;

 private:
  struct Journal {
    target::Intent intent;
    std::vector<target::Record> records;
  };
  using Reply = Result<protocol::pb::Reply>;
  bool is_silent_on(const protocol::pb::Request& request) const;
  std::optional<Reply> lie_about(const protocol::pb::Request& request) const;
  awaitable<Reply> answer_to(protocol::pb::Request request);
  awaitable<Reply> take_grant(protocol::pb::TakeGrant asked);
  awaitable<Reply> stage(protocol::pb::Stage asked);
  awaitable<Reply> activate(protocol::pb::Activate asked);
  Reply prune(const protocol::pb::Prune& asked);
  protocol::pb::Surveyed survey(bool with_health, bool with_history = false) const;
  protocol::pb::Health health() const;
  protocol::pb::KeptRelease to_wire(std::size_t release) const;
  protocol::pb::Activated activated() const;
  bool finds_no_room(unsigned one_in_many);
  Status check(const std::string& rollout, std::uint64_t epoch) const;

  awaitable<Status> follow();
  awaitable<void> perform_all(unsigned life);
  Status perform(target::Step step);
  void end(target::Outcome outcome);
  void append(target::Record record);
  void process_dies();
  host::BootTime now() const;
  std::optional<std::size_t> release_of(const std::string& folder) const;

  asio::any_io_executor executor_;
  Chance& chance_;
  const std::vector<SimRelease>& releases_;
  TargetWatch& watch_;
  std::size_t number_;
  std::string name_;

  // on its disk
  std::map<std::size_t, SimKept> kept_;
  std::optional<std::size_t> current_;
  target::Grant grant_;
  std::optional<Journal> journal_;
  std::vector<protocol::pb::Receipt> receipts_;  // oldest first
  // gone with a crash
  bool up_ = true, running_ = false, sick_ = false, processing_ = false;
  unsigned boot_ = 0, agent_ = 0, process_ = 0;  // lives
  struct Waiting {
    Answer answer;
    bool done = false;
    void say(Result<protocol::pb::Reply> reply) {
      if (!std::exchange(done, true)) answer(std::move(reply));
    }
  };
  std::vector<std::shared_ptr<Waiting>> in_flight_;
  std::shared_ptr<io::Notifier> changed_;
};

}  // namespace deployctl::simulation
