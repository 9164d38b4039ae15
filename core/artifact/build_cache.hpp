// What builds came out as: STORE/builds/<key>.json names the artifact that a recipe made of a commit on this
// platform. A record is honoured only while its artifact is whole in the store. Blocking; any thread; safe
// between processes.
#pragma once

#include <set>
#include <string>

#include "core/artifact/artifact_store.hpp"
#include "core/io/cancel_token.hpp"
#include "core/io/flock.hpp"

namespace deployctl::artifact {

// One process builds a key at a time. Waits; Code::cancelled when it need not any more.
Result<io::FileLock> lock_build(const std::string& store, const Digest& key, const io::CancelToken& cancel);

// An empty digest: not built yet, or what it made isn't whole any more.
Result<Digest> built_before(const ArtifactStore& store, const Digest& key);
Status remember_build(const std::string& store, const Digest& key, const Digest& artifact);
// Removes the records of artifacts that aren't kept, and locks that nobody holds.
Status forget_builds(const std::string& store, const std::set<Digest>& kept);

}  // namespace deployctl::artifact
