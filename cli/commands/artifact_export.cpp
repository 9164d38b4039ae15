// deployctl artifact verify and export: every byte of an artifact read again; its tree as a folder.
#include "cli/commands/artifact_export.hpp"

#include <fmt/core.h>

#include "cli/commands/artifact_records.hpp"
#include "cli/output/human_format.hpp"
#include "cli/session/context.hpp"
#include "core/events/event.hpp"

namespace deployctl::cli {
namespace {

struct ExportOptions {
  std::string artifact, dir;
};

events::Event artifact_event(const char* name, const artifact::ArtifactRecord& record, JsonObject body) {
  events::Event event;
  event.name = name;
  event.service = record.service;
  event.version = record.version;
  event.body = body.text();
  return event;
}

Result<int> verify(const ExportOptions& options, Context& context) {
  DEPLOYCTL_TRY(store, context.artifacts());
  DEPLOYCTL_TRY(record, find_artifact(context, *store, options.artifact));
  const auto whole = store->verify(record.digest);
  if (!whole) return fail(with_context(whole.error(), record.service + " " + record.version));
  context.emit(artifact_event(
      "artifact_verified", record,
      JsonObject().add("artifact", record.digest.text()).add("bytes", record.size).add("files", record.files)));
  context.print(fmt::format("{} {} is whole: {}, {}, each byte as its digest says\n", record.service, record.version,
                            output::count(record.files, "file"), output::size(record.size)));
  return exit_codes::done;
}

Result<int> export_tree(const ExportOptions& options, Context& context) {
  DEPLOYCTL_TRY(store, context.artifacts());
  DEPLOYCTL_TRY(record, find_artifact(context, *store, options.artifact));
  DEPLOYCTL_CHECK(store->export_to(record.digest, options.dir));
  context.emit(artifact_event("artifact_exported", record,
                              JsonObject().add("artifact", record.digest.text()).add("path", options.dir)));
  context.print(fmt::format("{} {} is in {}\n", record.service, record.version, options.dir));
  return exit_codes::done;
}

const char* const artifact_help = "a digest, its first digits (4 and more), or a version";

}  // namespace

Command artifact_verify_command() {
  auto options = std::make_shared<ExportOptions>();
  return {.name = "verify",
          .summary = "read every byte of an artifact and compare it with its digest",
          .declare = [options](Arguments& a) { a.positional("ARTIFACT", options->artifact, artifact_help); },
          .run =
              [options](Context& context) {
                const auto code = verify(*options, context);
                return code ? *code : context.fail_with(code.error());
              }};
}

Command artifact_export_command() {
  auto options = std::make_shared<ExportOptions>();
  return {.name = "export",
          .summary = "write an artifact's files into a new folder",
          .declare =
              [options](Arguments& a) {
                a.positional("ARTIFACT", options->artifact, artifact_help);
                a.positional("DIR", options->dir, "the folder; it must not be there yet");
              },
          .run =
              [options](Context& context) {
                const auto code = export_tree(*options, context);
                return code ? *code : context.fail_with(code.error());
              }};
}

}  // namespace deployctl::cli
