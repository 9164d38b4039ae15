// Turns the build block of a plan into an artifact in the store: fetch the mirror, pin the ref, check out, run the
// steps, collect the files by the rules of `artifact`, store them. Cached by build_key(). Blocking, for a worker
// thread; progress is reported to `watch` on that thread.
//
// Errors: Code::invalid (unknown ref or repository: exit 2), build_failed (a step failed or timed out, or a rule of
// `artifact` can't be applied: exit 3; the message contains the last lines of the log, the hint its path), cancelled.
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
  // `what` is "fetch", "check out", "collect" or the line of a step, such as "make -j2".
  virtual void step(const std::string& what, std::size_t number, std::size_t of) = 0;
  virtual void output(std::string_view text) = 0;  // live output of the running step
  virtual void note(const std::string&) {}         // one line for the user about a build that continues
  // About the resulting artifact.
  virtual void warning(const std::string& text) { output("warning: " + text + "\n"); }
};

struct Links {
  std::vector<std::string> dirs, files;  // linked_dirs and linked_files of the plan's release
};

struct BuildRequest {
  model::Build build;
  model::Hook pre_build, post_build;  // run in the checkout, before and after the steps
  std::string service, environment;
  std::string version_template;
  Links links;         // paths that become links on the targets, so the artifact must not contain them
  bool fresh = false;  // ignore the cache
};

struct Built {
  Digest artifact;
  std::string version;
  std::string commit;  // full commit id
  bool cached = false;
  std::string log;  // path of the log; empty when cached
};

// The full id of the commit that a ref currently names. Fetches; does not build.
Result<std::string> resolve(const model::Build& build, const BuildPlaces& places, io::CancelToken cancel);
// Predicts the result of build() without building; only the fetched mirror is kept. The artifact is empty if it is not
// built yet.
Result<Built> predict(const BuildRequest& request, const artifact::ArtifactStore& store, const BuildPlaces& places,
                      io::CancelToken cancel);
Result<Built> build(const BuildRequest& request, artifact::ArtifactStore& store, const BuildPlaces& places,
                    BuildWatch& watch, io::CancelToken cancel);

}  // namespace deployctl::builder
