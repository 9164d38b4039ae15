#include "cli/commands/building.hpp"

#include "cli/commands/context.hpp"
#include "core/base/clock.hpp"

namespace deployctl::commands {
namespace {

// The build's story, as events of no rollout.
class Teller : public artifact::BuildWatch {
 public:
  Teller(const model::Plan& plan, const rollout::EventSink& sink) : plan_(plan), sink_(sink) {}

  void pinned(const std::string& commit, const std::string& version) override {
    version_ = version;
    tell("build_started", JsonObject().add("commit", commit).add("version", version));
  }
  void step(const std::string& what, std::size_t number, std::size_t of) override {
    tell("build_step", JsonObject().add("step", what).add("number", std::uint64_t{number}).add("of", std::uint64_t{of}));
  }
  void output(std::string_view text) override { tell("build_output", JsonObject().add("output", text), true); }
  void finished(const artifact::Built& built, Duration took) {
    version_ = built.version;
    tell("build_finished", JsonObject()
                               .add("artifact", built.artifact.text())
                               .add("version", built.version)
                               .add("commit", built.commit)
                               .add("cached", built.cached)
                               .add("seconds", static_cast<double>(took.count()) / 1000.0));
  }

 private:
  void tell(const char* name, const JsonObject& body, bool fleeting = false) {
    rollout::Event event;
    event.name = name;
    event.seq = ++seq_;
    event.time = system_clock().wall();
    event.service = plan_.service;
    event.environment = plan_.environment;
    event.version = version_;
    event.body = body.text();
    event.fleeting = fleeting;
    sink_(event);
  }

  const model::Plan& plan_;
  const rollout::EventSink& sink_;
  std::string version_;
  std::uint64_t seq_ = 0;
};

}  // namespace

Result<artifact::Built> build_artifact(Context& context, const model::Plan& plan, artifact::ArtifactStore& store,
                                       const rollout::EventSink& sink, bool fresh) {
  DEPLOYCTL_TRY(state, context.state());
  artifact::BuildRequest request;
  request.build = plan.build;
  request.pre_build = plan.release.control_hooks.pre_build;
  request.post_build = plan.release.control_hooks.post_build;
  request.service = plan.service;
  request.environment = plan.environment;
  request.version_template = plan.release.version_template;
  request.fresh = fresh;
  const artifact::BuildPlaces places{state.git(), state.work(), state.logs()};
  Teller teller(plan, sink);
  const auto began = system_clock().steady();
  DEPLOYCTL_TRY(built, artifact::build(request, store, places, teller, context.cancel()));
  teller.finished(built, system_clock().steady() - began);
  return built;
}

}  // namespace deployctl::commands
