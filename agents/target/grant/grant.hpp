// Who may change a place: one rollout at a time, for as long as it renews (design §10). The decisions are pure: a
// record, a request and the boot clock in, a record or a refusal (Code::locked, naming the holder) out. GrantFile keeps
// the record on disk, each change under a lock of its own that is held for moments only. Blocking; any thread.
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
  // What the rollout does; empty: an older controller asked.
  std::string kind;     // wire: Holder.kind
  std::string release;  // digest text that it brings the targets to
  std::string version;
};

struct Grant {
  std::uint64_t epoch = 0;  // the highest ever granted
  GrantHolder holder;       // of that epoch; stays when dropped, for the rule of equal epochs
  bool dropped = true;
  host::BootTime expires;  // of this host

  // Time left; zero when dropped, expired, or granted before this boot.
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
// An expired grant that nobody took meanwhile may be renewed.
Result<Grant> renew(const Grant& held, const std::string& rollout, std::uint64_t epoch, Duration ttl,
                    const host::BootTime& now);
// What isn't held needs no dropping; another's is refused.
Result<Grant> drop(const Grant& held, const std::string& rollout, std::uint64_t epoch);
// For every request that changes something.
Status check(const Grant& held, const std::string& rollout, std::uint64_t epoch, const host::BootTime& now);

// An epoch that no rollout can have reached by itself, brought back to `epoch`. Refused where the target stores another
// epoch than `stored`, where a living grant holds it, and where the two are not far apart: a rollout that runs must
// never be fenced off, nor one that is over let in again.
Result<Grant> repair_epoch(const Grant& held, std::uint64_t stored, std::uint64_t epoch, const GrantHolder& by,
                           const host::BootTime& now);

class GrantFile {
 public:
  explicit GrantFile(Slot slot) : slot_(std::move(slot)) {}
  Result<Grant> read() const;  // no file: nobody ever held it
  // Nothing else changes the grant while the lock lives. It is held for moments only: after two seconds
  // Code::timed_out, naming the process that holds it. (Code::locked would say that another rollout has the grant.)
  Result<io::FileLock> lock() const;
  // Read, change, write durably, under the lock.
  Result<Grant> change(const std::function<Result<Grant>(const Grant&)>& how) const;

 private:
  Slot slot_;
};

}  // namespace deployctl::target
