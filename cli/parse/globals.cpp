#include "cli/parse/globals.hpp"

namespace deployctl::cli {

void declare_globals(Arguments& arguments, Globals& globals) {
  arguments.choice("--output", "FORMAT", globals.output, {"text", "json"},
                   "text for people, json for programs: one event a line on stdout, words on stderr");
  arguments.flag("-q,--quiet", globals.quiet, "only the answer and errors");
  arguments.counter("-v,--verbose", globals.verbose, "say more; twice: still more");
  arguments.flag("--no-color", globals.no_color, "no colours, as NO_COLOR in the environment");
  arguments.option("--state", "DIR", globals.state, "where ledger, store and mirrors are, instead of DEPLOYCTL_STATE");
  arguments.option("--fleet", "FILE", globals.fleet, "the fleet, instead of the plan's");
  arguments.list("--set", "KEY=VALUE", globals.set, "override a value of the plan; may be repeated");
}

}  // namespace deployctl::cli
