// A payload's index as a message, and back. A peer's is checked before it is given on: Code::invalid when lengths and
// digests don't belong together or are too many, Code::unsupported for another version. Values; any thread.
#pragma once

#include "core/payload/format/index.hpp"
#include "core/protocol/messages.hpp"

namespace deployctl::link {

protocol::pb::PayloadIndex to_message(const payload::Index& index);
Result<payload::Index> to_index(const protocol::pb::PayloadIndex& message);

}  // namespace deployctl::link
