// deployctl artifact list and show: what the store holds, and what one artifact holds.
#include "cli/commands/artifact_list.hpp"

#include <fmt/core.h>

#include "cli/commands/artifact_records.hpp"
#include "cli/output/human_format.hpp"
#include "cli/output/table.hpp"
#include "cli/output/text.hpp"
#include "cli/session/context.hpp"

namespace deployctl::cli {
namespace {

struct ArtifactListOptions {
  std::string service;
};

struct ShowOptions {
  std::string artifact;
};

output::Lines table_of(const std::vector<artifact::ArtifactRecord>& records, WallTime now, std::size_t width) {
  output::Table table(
      {{"ARTIFACT"}, {"SERVICE"}, {"VERSION", false, true}, {"COMMIT"}, {"SIZE", true}, {"FILES", true}, {"MADE"}});
  for (const auto& r : records)
    table.row({r.digest.hex().substr(0, 12), r.service, r.version, r.commit.substr(0, 12), output::size(r.size),
               output::number(r.files), output::age(r.made, now)});
  return table.lines(width);
}

Result<int> list(const ArtifactListOptions& options, Context& context) {
  DEPLOYCTL_TRY(store, context.artifacts());
  DEPLOYCTL_TRY(records, store->list());
  if (!options.service.empty()) std::erase_if(records, [&](const auto& r) { return r.service != options.service; });
  if (context.json()) {
    std::vector<std::string> items;
    for (const auto& record : records) items.push_back(cli::to_json(record).text());
    context.print_json(JsonObject().add_raw("artifacts", json_array(items)));
  }
  if (records.empty())
    context.note("no artifacts yet; build makes one");
  else
    context.print_lines(table_of(records, system_clock().wall(), context.width()));
  return exit_codes::done;
}

std::string kind_of(const model::Entry& entry) {
  if (entry.type == model::EntryType::folder) return "folder";
  return entry.type == model::EntryType::link ? "link" : "file";
}

JsonObject entry_json(const model::Entry& entry) {
  JsonObject out;
  out.add("path", entry.path).add("type", kind_of(entry)).add("mode", fmt::format("{:04o}", entry.mode));
  if (entry.type == model::EntryType::file) out.add("bytes", entry.size).add("sha256", entry.content.hex());
  return out.add_if("link", entry.link);
}

output::Lines heading(const artifact::ArtifactRecord& record) {
  output::Lines out{output::Line(record.service + " " + record.version, output::Tone::strong)};
  out.emplace_back("artifact  " + record.digest.text());
  if (!record.commit.empty()) out.emplace_back("commit    " + record.commit);
  out.emplace_back("made      " + to_string(record.made));
  out.emplace_back("holds     " + output::count(record.files, "file") + ", " + output::size(record.size));
  out.emplace_back();
  return out;
}

output::Lines tree(const model::Manifest& manifest, std::size_t width) {
  output::Table table({{"MODE"}, {"SIZE", true}, {"PATH", false, true}});
  for (const auto& e : manifest.entries()) {
    const bool file = e.type == model::EntryType::file;
    const char* tail = e.type == model::EntryType::folder ? "/" : "";
    table.row({fmt::format("{:04o}", e.mode), file ? output::size(e.size) : "",
               e.path + (e.link.empty() ? tail : " -> " + e.link)});
  }
  return table.lines(width);
}

Result<int> show(const ShowOptions& options, Context& context) {
  DEPLOYCTL_TRY(store, context.artifacts());
  DEPLOYCTL_TRY(record, find_artifact(context, *store, options.artifact));
  DEPLOYCTL_TRY(manifest, store->manifest(record.digest));
  std::vector<std::string> entries;
  for (const auto& entry : manifest.entries()) entries.push_back(entry_json(entry).text());
  if (context.json()) context.print_json(cli::to_json(record).add_raw("entries", json_array(entries)));
  context.print_lines(heading(record));
  context.print_lines(tree(manifest, context.width()));
  return exit_codes::done;
}

}  // namespace

Command artifact_list_command() {
  auto options = std::make_shared<ArtifactListOptions>();
  return {
      .name = "list",
      .summary = "the artifacts, newest first",
      .declare = [options](Arguments& a) { a.option("--service", "NAME", options->service, "of this service only"); },
      .run =
          [options](Context& context) {
            const auto code = list(*options, context);
            return code ? *code : context.fail_with(code.error());
          }};
}

Command artifact_show_command() {
  auto options = std::make_shared<ShowOptions>();
  return {.name = "show",
          .summary = "what an artifact holds, and where it is from",
          .declare =
              [options](Arguments& a) {
                a.positional("ARTIFACT", options->artifact, "a digest, its first digits (4 and more), or a version");
              },
          .run =
              [options](Context& context) {
                const auto code = show(*options, context);
                return code ? *code : context.fail_with(code.error());
              }};
}

}  // namespace deployctl::cli
