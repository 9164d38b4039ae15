// The releases in a slot and their outcomes: the tree in releases/FOLDER, its metadata in
// .deployctl/releases/FOLDER/{release.json,sealed.json,names.json} and kept_manifests.hpp, its outcomes in
// .deployctl/receipts. A folder without metadata was not made by deployctl: it may run and be a baseline, and is never
// pruned. Blocking; writers hold the slot's lock.
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
  std::optional<model::Release> release;  // nullopt: not made by deployctl, or `unreadable`
  // Made by deployctl, but its record can't be read; it must be staged again before it can be activated.
  std::optional<Error> unreadable;
  std::int64_t staged_at = 0;     // wall clock, ms; 0: not made by deployctl
  std::int64_t sealed_at = 0;     // wall clock, ms, just before its tree got its name; 0: never
  bool confirmed = false;         // was healthy once
  std::int64_t confirmed_at = 0;  // the last time; wall clock, ms
  bool failed = false;            // its last activation was not successful
  std::int64_t ended_at = 0;      // the end of its last activation; wall clock, ms
  // Every version under which this content was deployed, the newest last; empty: not made by deployctl.
  std::vector<std::string> names{};
  const std::string& version() const { return names.empty() ? folder : names.back(); }
};

struct Receipt {
  std::int64_t time = 0;
  std::string rollout;
  std::uint64_t epoch = 0;
  std::string folder;
  std::string release;  // digest text
  Outcome outcome = Outcome::active;
  // Empty in receipts of older agents:
  std::string kind;          // wire: Activate.kind
  std::string version;       // under which it was activated
  std::string from;          // the folder that ran before; empty: none
  std::string from_release;  // digest text; empty: not made by deployctl
};

// Once the file exceeds 256 KiB, old receipts that say nothing about a release kept here are dropped.
Status append_receipt(const Slot& slot, const Receipt& receipt);
// In the order in which the activations ended.
Result<std::vector<Receipt>> read_receipts(const Slot& slot);
// The receipts that a survey reports: the newest 32, and the last one of each release kept here, in order.
std::vector<Receipt> recent_receipts(const std::vector<Receipt>& receipts, const std::vector<KeptRelease>& kept);

// All folders of releases/, sorted by name. A damaged record does not prevent the others from being listed.
Result<std::vector<KeptRelease>> kept_releases(const Slot& slot);
Result<KeptRelease> kept_release(const Slot& slot, const std::string& folder);  // or Code::not_found
Result<KeptRelease> kept_release(const Slot& slot, const Digest& release);      // by its digest

// Adds `version` as the newest name of the release in `folder`; durable when this returns. The oldest names beyond 32
// are dropped. Does nothing for a folder not made by deployctl, or if `version` is already its newest name. The caller
// holds the slot's lock.
Status add_name(const Slot& slot, const std::string& folder, const std::string& version);

// A commit calls write_metadata(), which records the release and unseals it, then gives the tree its name, then calls
// seal() with the time from before that. A tree that a crash left unsealed is therefore staged again, never taken for
// whole. `base`: a manifest stored here, or null.
Status write_metadata(const Slot& slot, const model::Release& release, const model::Manifest& manifest,
                      const model::Manifest* base);
std::int64_t seal_time();  // wall clock, ns
Status seal(const Slot& slot, const std::string& folder, std::int64_t at);
// The time of the seal; Code::verification if it was never sealed.
Result<std::int64_t> sealed_at(const Slot& slot, const std::string& folder);
// Whether the file has the right size and was not modified after the seal.
bool is_as_sealed(const struct stat& status, const model::Entry& file, std::int64_t sealed);
}  // namespace deployctl::target
