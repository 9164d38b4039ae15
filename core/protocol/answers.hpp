// Checks whether a reply fits its request: the right type, and no more entries than a host can have. The reader
// validates the contents. Pure.
#pragma once

#include "core/protocol/messages.hpp"

namespace deployctl::protocol {

// Code::unreachable, naming both types: the host violates the protocol, so the result of the request is unknown.
Status check_answer(const pb::Request& request, const pb::Reply& reply);

}  // namespace deployctl::protocol
