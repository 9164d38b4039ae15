// The code under which a rollout fails for what a host answered before anything was changed: a login that prints, a
// processor that the agent isn't for, an answer that is none. None of them is a mistake in the command line or the
// plan. Pure.
#pragma once

#include "core/base/error.hpp"

namespace deployctl::rollout {

inline Code code_of_host(Code code) {
  switch (code) {
    case Code::invalid:
    case Code::not_found:
    case Code::exists:
    case Code::unsupported:
      return Code::unreachable;
    default:
      return code;
  }
}

inline Error of_host(Error why) {
  why.code = code_of_host(why.code);
  return why;
}

}  // namespace deployctl::rollout
