// From a plan's build block to an artifact in the store: fetch the mirror, pin the ref, check out, run the
// steps, collect the globs, put it in. Cached by (commit, recipe, platform, format). Blocking, for a worker
// thread; progress goes to `watch`, which is called from that thread.
//
// Errors: Code::invalid (ref or repository unknown: exit 2), build_failed (a step failed or timed out, or a
// rule of `artifact` matches nothing: exit 3; the message carries the last lines of the log, the hint its
// path), cancelled.
#pragma once

#include <functional>
#include <string>

#include "core/artifact/artifact_store.hpp"
#include "core/io/cancel_token.hpp"
#include "core/model/plan.hpp"

namespace deployctl::builder {

struct BuildPlaces {
  std::string mirrors;  // STATE/git
  std::string work;     // STATE/work
  std::string logs;     // STATE/logs
};

class BuildWatch {
 public:
  virtual ~BuildWatch() = default;
  virtual void pinned(const std::string& commit, const std::string& version) = 0;
  virtual void step(const std::string& what, std::size_t number,
                    std::size_t of) = 0;           // "fetch", "check out", "make -j2", "collect"
  virtual void output(std::string_view text) = 0;  // of the running step, as it comes
  virtual void note(const std::string&) {}         // what a person should know of a build that goes on; one line
  virtual void warning(const std::string& text) {
    output("warning: " + text + "\n");
  }  // about what became of the artifact
};

struct Links {
  std::vector<std::string> dirs, files;  // of the plan's release: linked_dirs, linked_files
};

struct BuildRequest {
  model::Build build;
  model::Hook pre_build, post_build;  // in the checkout, around the steps
  std::string service, environment;
  std::string version_template;
  Links links;         // of the release: what the artifact may not bring
  bool fresh = false;  // don't look at the cache
};

struct Built {
  Digest artifact;
  std::string version;
  std::string commit;  // full
  bool cached = false;
  std::string log;  // path; empty when cached
};

// What a ref means now, without building: the full commit. Fetches.
Result<std::string> resolve(const model::Build& build, const BuildPlaces& places, io::CancelToken cancel);
// What build() would come out as, without building or keeping anything but the fetched mirror. An empty artifact: not
// built yet.
Result<Built> predict(const BuildRequest& request, const artifact::ArtifactStore& store, const BuildPlaces& places,
                      io::CancelToken cancel);
Result<Built> build(const BuildRequest& request, artifact::ArtifactStore& store, const BuildPlaces& places,
                    BuildWatch& watch, io::CancelToken cancel);

}  // namespace deployctl::builder
