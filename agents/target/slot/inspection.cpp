#include "agents/target/slot/inspection.hpp"

#include <algorithm>

#include "agents/target/slot/tree_check.hpp"
#include "core/text/program_output.hpp"

namespace deployctl::target {
namespace {

// The release that was healthy last, other than the current one. On hosts where nothing runs, the last one of all.
const KeptRelease* previous_of(const std::vector<KeptRelease>& kept, const std::string& current) {
  const KeptRelease* previous = nullptr;
  for (const auto& one : kept) {
    if (one.folder == current || !one.confirmed || one.failed) continue;
    if (!previous || one.confirmed_at > previous->confirmed_at) previous = &one;
  }
  return previous;
}

bool is_asked_for(const protocol::pb::Inspect& asked, const KeptRelease& one) {
  if (!one.release) return false;
  const auto raw = one.release->digest().raw();
  return std::find(asked.releases().begin(), asked.releases().end(), raw) != asked.releases().end();
}

void mark(protocol::pb::KeptRelease& entry, const std::string& text) {
  entry.set_damaged(true);
  entry.set_damage(text::printable(text));
}

}  // namespace

void inspect(const Slot& slot, const protocol::pb::Inspect& asked, protocol::pb::Surveyed& surveyed) {
  const auto kept = kept_releases(slot);
  if (!kept) return;
  const std::string current = surveyed.current().folder();
  const KeptRelease* previous = asked.previous() ? previous_of(*kept, current) : nullptr;
  for (const auto& one : *kept) {
    const bool is_current = one.folder == current;
    if (!(asked.current() && is_current) && &one != previous && !is_asked_for(asked, one)) continue;
    const auto damage = find_damage(slot, one);
    if (!damage) continue;
    if (is_current) mark(*surveyed.mutable_current(), damage->text());
    for (auto& entry : *surveyed.mutable_kept())
      if (entry.folder() == one.folder) mark(entry, damage->text());
  }
}

}  // namespace deployctl::target
