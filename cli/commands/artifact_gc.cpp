// deployctl artifact gc: remove old artifacts, but none that a rollout of the ledger may still need.
#include "cli/commands/artifact_gc.hpp"

#include <fmt/core.h>

#include "cli/output/human_format.hpp"
#include "cli/session/context.hpp"
#include "core/events/event.hpp"
#include "core/ledger/ledger.hpp"
#include "core/model/release.hpp"

namespace deployctl::cli {
namespace {

struct GcOptions {
  unsigned keep = 10;
};

void add_artifact(std::vector<Digest>& into, const ledger::RolloutRow& row) {
  // Empty: to nothing. One that this version can't read names no artifact that it could send.
  if (const auto release = model::Release::parse(row.release_json)) into.push_back(release->artifact);
}

// What runs (the last that went through), what an unfinished rollout brings, and the way back from it.
Status add_in_use(std::vector<Digest>& into, ledger::Ledger& ledger, const ledger::Ledger::Service& of) {
  DEPLOYCTL_TRY(unfinished, ledger.unfinished(of.service, of.environment));
  for (const auto& row : unfinished) add_artifact(into, row);
  DEPLOYCTL_TRY(baselines, ledger.baselines(of.service, of.environment));
  for (const auto& baseline : baselines)
    if (!baseline.artifact.empty()) into.push_back(baseline.artifact);
  DEPLOYCTL_TRY(history, ledger.history(of.service, of.environment, 100));
  for (const auto& row : history) {
    if (row.state != ledger::RolloutState::succeeded && row.state != ledger::RolloutState::incomplete) continue;
    add_artifact(into, row);
    break;
  }
  return {};
}

Result<int> gc(const GcOptions& options, Context& context) {
  DEPLOYCTL_TRY(store, context.artifacts());
  DEPLOYCTL_TRY(ledger, context.ledger());
  DEPLOYCTL_TRY(services, ledger->services());
  std::vector<Digest> in_use;
  for (const auto& service : services) {
    DEPLOYCTL_CHECK(add_in_use(in_use, *ledger, service));
  }
  DEPLOYCTL_TRY(swept, store->gc(options.keep, in_use));
  JsonObject body;
  body.add("artifacts", swept.artifacts)
      .add("blobs", swept.blobs)
      .add("payloads", swept.payloads)
      .add("bytes", swept.bytes);
  events::Event event;
  event.name = "artifacts_swept";
  event.body = body.text();
  context.emit(std::move(event));
  context.print(fmt::format("removed {}, {}, {}: {}\n", output::count(swept.artifacts, "artifact"),
                            output::count(swept.blobs, "blob"), output::count(swept.payloads, "payload"),
                            output::size(swept.bytes)));
  return exit_codes::done;
}

}  // namespace

Command artifact_gc_command() {
  auto options = std::make_shared<GcOptions>();
  return {.name = "gc",
          .summary = "remove old artifacts and what only they need",
          .declare =
              [options](Arguments& a) {
                a.number("--keep", "N", options->keep, "keep the newest N of each service (default: 10)");
              },
          .run =
              [options](Context& context) {
                const auto code = gc(*options, context);
                return code ? *code : context.fail_with(code.error());
              },
          .subcommands = {},
          .details = "What runs, what an unfinished rollout brings and what it would go back to are kept in any case."};
}

}  // namespace deployctl::cli
