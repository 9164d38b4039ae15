// A payload's index as a message, and back. A peer's is checked before it is given on: Code::invalid when lengths and
// digests don't belong together or are too many, Code::unsupported for another version. Values; any thread.
#pragma once

#include "core/payload/index.hpp"
#include "core/wire/messages.hpp"

namespace deployctl::link {

wire::pb::PayloadIndex to_message(const payload::Index& index);
Result<payload::Index> to_index(const wire::pb::PayloadIndex& message);

}  // namespace deployctl::link
