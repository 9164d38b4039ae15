// The results of builds: STORE/builds/<key>.json names the artifact that a recipe produced from a commit on this
// platform. A record is used only while its artifact is complete in the store. Blocking; any thread; safe between
// processes.
#pragma once

#include <set>
#include <string>

#include "core/artifact/artifact_store.hpp"
#include "core/io/cancel_token.hpp"
#include "core/io/flock.hpp"

namespace deployctl::artifact {

// Waits until no other process builds this key. Code::cancelled when the token is set.
Result<io::FileLock> lock_build(const std::string& store, const Digest& key, const io::CancelToken& cancel);

// Returns an empty digest if this key was not built yet or its artifact is no longer complete.
Result<Digest> built_before(const ArtifactStore& store, const Digest& key);
Status remember_build(const std::string& store, const Digest& key, const Digest& artifact);
// Removes the records of artifacts that aren't kept, and lock files that no process holds.
Status forget_builds(const std::string& store, const std::set<Digest>& kept);

}  // namespace deployctl::artifact
