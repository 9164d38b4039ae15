// Whether a reply answers its request: the right kind, and no more of it than a host can have. What it says is the
// reader's to judge. Pure.
#pragma once

#include "core/protocol/messages.hpp"

namespace deployctl::protocol {

// Code::unreachable, naming both: the host doesn't keep to the protocol, so nothing is known of what was asked there.
Status check_answer(const pb::Request& request, const pb::Reply& reply);

}  // namespace deployctl::protocol
