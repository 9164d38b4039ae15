// How large a payload is, or will be at most: from the file of one that is made, else from what the manifests have not
// in common.
#pragma once

#include "core/artifact/artifact_store.hpp"
#include "core/rollout/survey/forecast.hpp"

namespace deployctl::cli {

// Of those that bring `next`. Copies the store's handle; each base is looked at once. Absent: `next` is not in the
// store.
rollout::SizeOf payload_sizes(const artifact::ArtifactStore& store, const Digest& next);

}  // namespace deployctl::cli
