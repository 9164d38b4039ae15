// The releases in a slot, and what became of them: the tree in releases/FOLDER, what we know of it in
// .deployctl/releases/FOLDER/{release.json,sealed.json} and kept_manifests.hpp, its outcomes in .deployctl/receipts. A
// folder without that is not ours: it may run and be a baseline, it is never pruned. Blocking; writers hold the slot's
// lock.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "agents/target/slot/activation_machine.hpp"
#include "agents/target/slot/slot.hpp"
#include "core/model/manifest.hpp"
#include "core/model/release.hpp"

namespace deployctl::target {

struct KeptRelease {
  std::string folder;
  std::optional<model::Release> release;  // absent: not made by us, or
  std::optional<Error>
      unreadable;  // made by us, but its record can't be read: it can't be activated before it is staged again
  std::int64_t staged_at = 0;     // wall clock, ms; 0: not made by us
  std::int64_t sealed_at = 0;     // the same; when its tree got its name, 0: never
  bool confirmed = false;         // was healthy once
  std::int64_t confirmed_at = 0;  // wall clock, ms; the last time
  bool failed = false;            // its last activation was taken back
  std::int64_t ended_at = 0;      // when its last activation ended
  std::vector<std::string>
      names{};  // every version under which this content was deployed, the newest last; empty: not made by us
  const std::string& version() const { return names.empty() ? folder : names.back(); }
};

struct Receipt {
  std::int64_t time = 0;
  std::string rollout;
  std::uint64_t epoch = 0;
  std::string folder;
  std::string release;  // digest text
  Outcome outcome = Outcome::active;
  // Empty in receipts that an older agent wrote:
  std::string kind;          // wire: Activate.kind
  std::string version;       // under which it was activated
  std::string from;          // the folder that ran before; empty: none did
  std::string from_release;  // digest text; empty: not made by us
};

// Old receipts that say nothing about a release kept here are dropped now and then.
Status append_receipt(const Slot& slot, const Receipt& receipt);
// In the order in which the activations ended.
Result<std::vector<Receipt>> read_receipts(const Slot& slot);
// What a survey reports: the newest, and the last one of each release kept here, in order. At most 32 and one per kept
// release.
std::vector<Receipt> recent_receipts(const std::vector<Receipt>& receipts, const std::vector<KeptRelease>& kept);

// All folders of releases/, sorted by name. One whose record is damaged keeps none of the others from being listed.
Result<std::vector<KeptRelease>> kept_releases(const Slot& slot);
Result<KeptRelease> kept_release(const Slot& slot, const std::string& folder);  // Code::absent
Result<KeptRelease> kept_release(const Slot& slot, const Digest& release);      // by its digest

// The release in `folder` is also, and from now on, called `version`; durable when this returns. Its oldest names are
// forgotten beyond 32. A folder that we didn't make, and a name that it has as its newest, are left alone. The caller
// holds the slot's lock.
Status add_name(const Slot& slot, const std::string& folder, const std::string& version);

// Before the tree gets its name: whose it is, and that it is not sealed. After it: sealed, as it was at that time. So a
// tree that a crash left unsealed is staged anew, never taken for whole. `base`: a manifest that is kept here, or null.
Status write_metadata(const Slot& slot, const model::Release& release, const model::Manifest& manifest,
                      const model::Manifest* base);
std::int64_t seal_time();  // wall clock, ns
Status seal(const Slot& slot, const std::string& folder, std::int64_t at);
// When that was; Code::verification: never.
Result<std::int64_t> sealed_at(const Slot& slot, const std::string& folder);
// Of the right size, and not changed since.
bool is_as_sealed(const struct stat& status, const model::Entry& file, std::int64_t sealed);
}  // namespace deployctl::target
