// Makes the payload that brings a tree to `next`, from `base` or from nothing: written to a file, cut into
// chunks. Contents that the base has too go by reference; the others go once each, in windows of at most 16
// MiB (8 MiB beside an old self), each with the smallest of the codings that were worth trying: a delta
// against the old self, zstd with a part of it as prefix, zstd, or raw; small files travel in packs. The old
// self is what the base has at the same path, else its file of that name nearest in size; one that `contents`
// can't give whole is done without. Of an old self above 128 MiB a window sees that much around its place.
// stream_format.hpp spells the stream.
//
// Blocking, for a worker thread; windows are coded side by side on threads of its own, which are gone when it
// returns. `contents` is called on any of them. Memory <= 512 MiB and the manifest, whatever the sizes and
// however many threads. The bytes depend on the library's version and the options, but not on the threads.
// Code::verification or absent, naming the path: the store lacks a content or has another. Code::cancelled,
// no_space: nothing is left behind.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/io/cancel_token.hpp"
#include "core/model/manifest.hpp"
#include "core/payload/format/coding_choice.hpp"
#include "core/payload/format/contents.hpp"
#include "core/payload/format/index.hpp"
#include "core/payload/format/partial_payload.hpp"

namespace deployctl::payload {

struct EncodeOptions {
  Preference preference{};
  io::CancelToken cancel{};
  unsigned threads = 0;                       // 0: as many as the machine has
  std::shared_ptr<PartialPayload> growing{};  // told of what is coded already; may be null
};

// Writes `path`.index and then `path` (temporary, fsync, rename): a payload that stands there is whole and
// has its index. Who may write the same path at the same time must hold a lock.
Result<Index> encode(const model::Manifest& next, const model::Manifest* base, const OpenContent& contents,
                     const std::string& path, EncodeOptions options = {});
// An index that encode() wrote; Code::absent when there is none or the payload is not whole.
Result<Index> read_index(const std::string& path);

}  // namespace deployctl::payload
