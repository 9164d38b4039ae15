#include "cli/commands/artifact_records.hpp"

#include "cli/session/context.hpp"
#include "cli/session/next_step.hpp"

namespace deployctl::cli {

JsonObject to_json(const artifact::ArtifactRecord& record) {
  JsonObject out;
  out.add("artifact", record.digest.text()).add("service", record.service).add("version", record.version);
  out.add("commit", record.commit).add("made", to_string(record.made));
  return out.add("bytes", record.size).add("files", record.files);
}

Result<artifact::ArtifactRecord> find_artifact(const Context& context, const artifact::ArtifactStore& store,
                                               const std::string& name) {
  auto found = store.find(name);
  if (!found && found.error().code == Code::not_found && found.error().hint.empty())
    return fail(with_hint(found.error(),
                          "see what there is: " + command_for({rollout::Advice::Kind::list_artifacts},
                                                              Invocation::of(context.globals(), std::string()))));
  return found;
}

}  // namespace deployctl::cli
