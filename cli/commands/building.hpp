// A plan's build block carried out, told as events (build_started, build_step, build_output, build_finished): what `build` and
// `deploy` share. Blocks until it is over or the first Ctrl-C.
#pragma once

#include "core/artifact/build.hpp"
#include "core/rollout/event.hpp"

namespace deployctl::commands {

class Context;

// `fresh`: even where the cache knows the build.
Result<artifact::Built> build_artifact(Context& context, const model::Plan& plan, artifact::ArtifactStore& store,
                                       const rollout::EventSink& sink, bool fresh = false);

}  // namespace deployctl::commands
