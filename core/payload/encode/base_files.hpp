// A content's old self as the encoder finds it. One that can't be opened, or is not what its digest says, is
// only a loss of bytes on the way: the content is then coded without it. Private to the room. Blocking.
#pragma once

#include <optional>

#include "core/io/cancel_token.hpp"
#include "core/payload/encode/pairing.hpp"
#include "core/payload/format/content_reader.hpp"
#include "core/payload/format/contents.hpp"
#include "core/payload/format/stream_format.hpp"

namespace deployctl::payload {

// Open and found to be whole; none: code without. Code::cancelled only.
Result<std::optional<io::Fd>> open_old_self(const OpenContent& contents, const std::optional<BaseFile>& old,
                                            const io::CancelToken& cancel);

// The part of the old self, at most `most`, around the place that corresponds to `middle` of a content of
// `size` bytes.
Region region_beside(const BaseFile& old, std::uint64_t size, std::uint64_t middle, std::size_t most = max_prefix);

}  // namespace deployctl::payload
