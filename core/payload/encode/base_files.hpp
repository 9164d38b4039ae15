// Opens the base file of a content for the encoder. If it can't be opened, or doesn't match its digest, the content is
// coded without it, which only costs bytes in transit. Private to the module. Blocking.
#pragma once

#include <optional>

#include "core/io/cancel_token.hpp"
#include "core/payload/encode/pairing.hpp"
#include "core/payload/format/content_reader.hpp"
#include "core/payload/format/contents.hpp"
#include "core/payload/format/stream_format.hpp"

namespace deployctl::payload {

// Returns the verified file, or nothing if the content must be coded without it. The only error is Code::cancelled.
Result<std::optional<io::Fd>> open_old_self(const OpenContent& contents, const std::optional<BaseFile>& old,
                                            const io::CancelToken& cancel);

// The part of the base file, of at most `most` bytes, around the position that corresponds to `middle` in a content of
// `size` bytes.
Region region_beside(const BaseFile& old, std::uint64_t size, std::uint64_t middle, std::size_t most = max_prefix);

}  // namespace deployctl::payload
