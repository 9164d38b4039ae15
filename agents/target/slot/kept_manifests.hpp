// The manifests of the releases in a slot, by the artifact's digest, in .deployctl/manifests: a few whole, the others
// as what changes an earlier one, so that a release of which little changed costs little here too. What is read back is
// what its name says, or Code::verification. Blocking; writers hold the staging lock.
#pragma once

#include <vector>

#include "agents/target/slot/slot.hpp"
#include "core/model/manifest.hpp"

namespace deployctl::target {

// On disk when it returns. `base`: a manifest kept here, or null.
Status keep_manifest(const Slot& slot, const model::Manifest& manifest, const model::Manifest* base);
Result<model::Manifest> kept_manifest(const Slot& slot, const Digest& artifact);  // Code::absent
// Takes away what none of these artifacts needs, not even to be changed into one of them. Where one can't be read:
// nothing.
Status forget_manifests(const Slot& slot, const std::vector<Digest>& artifacts);

}  // namespace deployctl::target
