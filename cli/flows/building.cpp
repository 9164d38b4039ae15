#include "cli/flows/building.hpp"

#include "cli/flows/delta_precomputation.hpp"
#include "cli/session/context.hpp"
#include "cli/session/plan_event.hpp"
#include "core/git/url.hpp"
#include "core/ledger/ledger.hpp"
#include "core/model/release.hpp"
#include "core/text/url_text.hpp"

namespace deployctl::cli {
namespace {

// Without a password, token or query.
std::string shown_repo(const std::string& repo) {
  const auto url = git::parse_url(repo);
  return url ? url->shown() : with_url_origins(repo);
}

class BuildEvents : public builder::BuildWatch {
 public:
  BuildEvents(const model::Plan& plan, const events::EventSink& sink)
      : plan_(plan), sink_(sink), began_(system_clock().steady()) {
    tell("build_started", JsonObject().add("repo", shown_repo(plan.build.repo)).add("ref", plan.build.ref));
  }
  void pinned(const std::string& commit, const std::string& version) override {
    tell("build_pinned", JsonObject().add("commit", commit).add("version", version));
  }
  void step(const std::string& what, std::size_t number, std::size_t of) override {
    tell("build_step",
         JsonObject().add("step", what).add("number", std::uint64_t{number}).add("of", std::uint64_t{of}));
  }
  void output(std::string_view text) override { tell("build_output", JsonObject().add("text", text), true); }

  void note(const std::string& text) override { tell("build_note", JsonObject().add("text", text)); }
  void warning(const std::string& text) override {
    tell("warning", JsonObject(), false, error(Code::unsupported, text));
  }

  void payload(const Precoded& made) {
    tell("build_payload", JsonObject().add("base", made.base).add("bytes", made.bytes).add("seconds", made.seconds));
  }

  void finished(const Result<builder::Built>& built) {
    JsonObject body;
    if (built)
      body.add("artifact", built->artifact.text())
          .add("version", built->version)
          .add("commit", built->commit)
          .add("cached", built->cached);
    body.add("seconds", static_cast<double>((system_clock().steady() - began_).count()) / 1000.0);
    tell("build_finished", body, false, built ? std::nullopt : std::optional(built.error()));
  }

 private:
  void tell(const char* name, const JsonObject& body, bool fleeting = false, std::optional<Error> error = {}) {
    auto event = plan_event(plan_, name, body);
    event.seq = ++seq_;
    event.time = system_clock().wall();
    event.fleeting = fleeting;
    event.error = std::move(error);
    sink_(event);
  }

  const model::Plan& plan_;
  const events::EventSink& sink_;
  SteadyTime began_;
  std::uint64_t seq_ = 0;
};

builder::BuildRequest request_of(const model::Plan& plan, bool fresh) {
  builder::BuildRequest request;
  request.build = plan.build;
  request.pre_build = plan.release.control_hooks.pre_build;
  request.post_build = plan.release.control_hooks.post_build;
  request.service = plan.service;
  request.environment = plan.environment;
  request.version_template = plan.release.version_template;
  request.links = {plan.release.activation.linked_dirs, plan.release.activation.linked_files};
  request.fresh = fresh;
  return request;
}

}  // namespace

namespace {

constexpr std::size_t max_baselines = 10;

// The artifacts of rollouts that succeeded, newest first. A ledger that can't be read costs a little time at the deploy
// only.
std::vector<BaseCandidate> what_ran(Context& context, const model::Plan& plan) {
  std::vector<BaseCandidate> ran;
  auto ledger = context.ledger();
  if (!ledger) return ran;
  const auto rows = (*ledger)->history(plan.service, plan.environment, max_baselines);
  if (!rows) return ran;
  for (const auto& row : *rows) {
    const auto release = model::Release::parse(row.release_json);
    if (row.state == ledger::RolloutState::succeeded && release) ran.push_back({release->artifact, release->version});
  }
  return ran;
}

Status make_payloads(Context& context, const model::Plan& plan, const artifact::ArtifactStore& store,
                     const Digest& next, BuildEvents& teller) {
  const auto built = store.list();
  const auto bases = likely_bases(next, plan.service, what_ran(context, plan),
                                  built ? *built : std::vector<artifact::ArtifactRecord>{});
  return precompute_deltas(store, next, bases, context.cancel(), [&](const Precoded& made) { teller.payload(made); });
}

}  // namespace

builder::BuildPlaces build_places(const StateDir& state) { return {state.git(), state.work(), state.logs()}; }

Result<builder::Built> foresee_artifact(Context& context, const model::Plan& plan,
                                        const artifact::ArtifactStore& store) {
  DEPLOYCTL_TRY(state, context.state());
  return builder::predict(request_of(plan, false), store, build_places(state), context.cancel());
}

Result<builder::Built> build_artifact(Context& context, const model::Plan& plan, artifact::ArtifactStore& store,
                                      const events::EventSink& sink, Building how) {
  DEPLOYCTL_TRY(state, context.state());
  BuildEvents teller(plan, sink);
  // On this thread: the build polls the token, and nothing else is to be done meanwhile.
  auto built = builder::build(request_of(plan, how.fresh), store, build_places(state), teller, context.cancel());
  if (built && how.payloads) {
    // Only a Ctrl-C makes the build a failure: the artifact is there, and a deploy makes what it lacks.
    const auto made = make_payloads(context, plan, store, built->artifact, teller);
    if (!made && made.error().code == Code::cancelled)
      built = fail(made.error());
    else if (!made)
      context.warn("no payload was made ahead: " + made.error().text());
  }
  teller.finished(built);
  return built;
}

}  // namespace deployctl::cli
