#include "cli/parse/exit_code.hpp"

namespace deployctl::cli {

int exit_code(Code code) {
  switch (code) {
    case Code::invalid:
    case Code::not_found:
    case Code::exists:
    case Code::unsupported:
      return exit_codes::usage;
    case Code::build_failed:
      return exit_codes::build_failed;
    case Code::unhealthy:
    case Code::hook_failed:
      return exit_codes::failed;
    case Code::locked:
      return exit_codes::locked;
    case Code::refused:
      return exit_codes::refused;
    case Code::verification:
      return exit_codes::verification;
    case Code::unreachable:
    case Code::authentication:
    case Code::host_key:
    case Code::timed_out:
    case Code::disconnected:
      return exit_codes::unreachable;
    case Code::cancelled:
      return exit_codes::interrupted;
    case Code::internal:
    case Code::no_space:
    case Code::denied:
      return exit_codes::internal;
  }
  return exit_codes::internal;
}

}  // namespace deployctl::cli
