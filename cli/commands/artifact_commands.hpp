// The commands beneath `deployctl artifact`, and what they share.
#pragma once

#include "cli/parse/command.hpp"
#include "cli/session/json_object.hpp"
#include "core/artifact/artifact_store.hpp"

namespace deployctl::cli {

Command artifact_list_command();
Command artifact_show_command();
Command artifact_verify_command();
Command artifact_export_command();
Command artifact_gc_command();

JsonObject to_json(const artifact::ArtifactRecord& record);
// By a digest, its beginning or a version; the hint says how to see what there is.
Result<artifact::ArtifactRecord> find_artifact(const Context& context, const artifact::ArtifactStore& store,
                                               const std::string& name);

}  // namespace deployctl::cli
