// The manifests of the releases in a slot, by the artifact's digest, in .deployctl/manifests. A few are stored whole
// and the others as changes of an earlier one, so that a release with few changes takes little space. What is read is
// verified against its name; Code::verification if it differs. Blocking; writers hold the staging lock.
#pragma once

#include <vector>

#include "agents/target/slot/slot.hpp"
#include "core/model/manifest.hpp"

namespace deployctl::target {

// Durable when it returns. `base`: a manifest stored here, or null.
Status keep_manifest(const Slot& slot, const model::Manifest& manifest, const model::Manifest* base);
Result<model::Manifest> kept_manifest(const Slot& slot, const Digest& artifact);  // or Code::not_found
// Removes the manifests that none of these artifacts needs, directly or as the base of a change. Removes nothing if one
// of them can't be read.
Status forget_manifests(const Slot& slot, const std::vector<Digest>& artifacts);

}  // namespace deployctl::target
