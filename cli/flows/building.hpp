// A plan's build block carried out, told as events: build_started, build_pinned, build_step, build_output,
// build_payload, build_finished. What `build` and `deploy` share. Blocks until it is over or the first Ctrl-C, which
// ends the steps' process groups.
#pragma once

#include "core/builder/build.hpp"
#include "core/events/event.hpp"

namespace deployctl::cli {

class Context;
struct StateDir;

struct Building {
  bool fresh = false;     // even where the cache knows the build
  bool payloads = false;  // also made ahead (delta_precomputation.hpp): for `build`, which nobody waits behind
};
// A failure has been told to the sink as well.
Result<builder::Built> build_artifact(Context& context, const model::Plan& plan, artifact::ArtifactStore& store,
                                      const events::EventSink& sink, Building how = {});

// What it would come out as; nothing is built, no hook runs.
Result<builder::Built> foresee_artifact(Context& context, const model::Plan& plan,
                                        const artifact::ArtifactStore& store);

builder::BuildPlaces build_places(const StateDir& state);

}  // namespace deployctl::cli
