// Opens file contents by digest: from the control host's store for the encoder, from an installed release for the
// decoder. The descriptor is open for reading at offset 0. Code::not_found if there is no such content. Blocking.
#pragma once

#include <functional>

#include "core/base/digest.hpp"
#include "core/io/fd.hpp"

namespace deployctl::payload {

using OpenContent = std::function<Result<io::Fd>(const Digest&)>;

}  // namespace deployctl::payload
