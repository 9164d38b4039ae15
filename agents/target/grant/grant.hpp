// Which rollout may change a place: the one that holds the lease, for as long as it renews it. The decisions are pure
// functions: from a record, a request and the boot clock to a new record or a refusal (Code::locked, naming the
// holder). GrantFile stores the record on disk; each change holds a lock of its own, briefly. Blocking; any thread.
#pragma once

#include <functional>
#include <string>

#include "agents/target/slot/slot.hpp"
#include "core/base/duration.hpp"
#include "core/host/boot_clock.hpp"
#include "core/io/flock.hpp"

namespace deployctl::target {

struct GrantHolder {
  std::string rollout;
  std::string user;
  std::string host;
  std::uint32_t pid = 0;
  std::uint64_t pid_start = 0;
  std::string boot_id;     // of the holder's host
  std::int64_t since = 0;  // wall clock, ms
  std::string reason;
  // What the rollout does; empty: granted to an older controller.
  std::string kind;     // wire: Holder.kind
  std::string release;  // digest text of the release to activate
  std::string version;
};

struct Grant {
  std::uint64_t epoch = 0;  // the highest ever granted
  GrantHolder holder;       // of that epoch; kept when dropped, for the rule about equal epochs
  bool dropped = true;
  host::BootTime expires;  // on this host's boot clock

  // Remaining time; zero if dropped, expired, or granted before this boot.
  Duration left(const host::BootTime& now) const;
  bool living(const host::BootTime& now) const { return left(now).count() > 0; }
};

struct GrantRequest {
  GrantHolder holder;
  std::uint64_t epoch = 0;
  Duration ttl{std::chrono::seconds(30)};
  std::string replaces;  // a rollout id
};

Result<Grant> take(const Grant& now_held, const GrantRequest& request, const host::BootTime& now);
// An expired lease may be renewed if no other rollout has taken it.
Result<Grant> renew(const Grant& held, const std::string& rollout, std::uint64_t epoch, Duration ttl,
                    const host::BootTime& now);
// Dropping a lease that is not held succeeds; another rollout's lease is refused.
Result<Grant> drop(const Grant& held, const std::string& rollout, std::uint64_t epoch);
// Called for every request that changes something.
Status check(const Grant& held, const std::string& rollout, std::uint64_t epoch, const host::BootTime& now);

// Resets an epoch that no rollout can have reached by itself to `epoch`. Refused if the target stores another epoch
// than `stored`, if a lease is held, and if the two are not far apart: a running rollout must never be fenced off, and
// a finished one never admitted again.
Result<Grant> repair_epoch(const Grant& held, std::uint64_t stored, std::uint64_t epoch, const GrantHolder& by,
                           const host::BootTime& now);

class GrantFile {
 public:
  explicit GrantFile(Slot slot) : slot_(std::move(slot)) {}
  Result<Grant> read() const;  // without a file: never held
  // Nothing else changes the lease while this lock is held. It is held only briefly: after two seconds Code::timed_out,
  // naming the process that holds it. (Code::locked would mean that another rollout has the lease.)
  Result<io::FileLock> lock() const;
  // Reads, changes and durably writes the record, under the lock.
  Result<Grant> change(const std::function<Result<Grant>(const Grant&)>& how) const;

 private:
  Slot slot_;
};

}  // namespace deployctl::target
