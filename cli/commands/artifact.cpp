#include "cli/commands/artifact.hpp"

#include "cli/commands/artifact_export.hpp"
#include "cli/commands/artifact_gc.hpp"
#include "cli/commands/artifact_list.hpp"
namespace deployctl::cli {

Command artifact_command() {
  return {.name = "artifact",
          .summary = "the artifacts in this host's store",
          .declare = {},
          .run = {},
          .subcommands = {artifact_list_command(), artifact_show_command(), artifact_verify_command(),
                          artifact_export_command(), artifact_gc_command()}};
}

}  // namespace deployctl::cli
