// What the commands of `deployctl artifact` share: finding a record and writing it as JSON.
#pragma once

#include "cli/session/json_object.hpp"
#include "core/artifact/artifact_store.hpp"
#include "core/base/result.hpp"

namespace deployctl::cli {

class Context;

JsonObject to_json(const artifact::ArtifactRecord& record);
// By a digest, its beginning or a version; the hint says how to see what there is.
Result<artifact::ArtifactRecord> find_artifact(const Context& context, const artifact::ArtifactStore& store,
                                               const std::string& name);

}  // namespace deployctl::cli
