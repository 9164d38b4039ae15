// File contents by digest: the store of the control host for the encoder, a kept release for the decoder. The
// descriptor is open for reading at offset 0. Code::absent when there is no such content. Blocking.
#pragma once

#include <functional>

#include "core/base/digest.hpp"
#include "core/io/fd.hpp"

namespace deployctl::payload {

using OpenContent = std::function<Result<io::Fd>(const Digest&)>;

}  // namespace deployctl::payload
