// Converts a payload's index to a message and back. The index of a peer is validated: Code::invalid if lengths and
// digests do not match or there are too many chunks, Code::unsupported for another version. Values; any thread.
#pragma once

#include "core/payload/format/index.hpp"
#include "core/protocol/messages.hpp"

namespace deployctl::link {

protocol::pb::PayloadIndex to_message(const payload::Index& index);
Result<payload::Index> to_index(const protocol::pb::PayloadIndex& message);

}  // namespace deployctl::link
