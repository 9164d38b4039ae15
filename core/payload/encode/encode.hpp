// Encodes the payload that turns the tree of `base`, or nothing, into that of `next`: written to a file and cut into
// chunks. Contents that the base has too are not included. Each other content is included once, in windows of at most
// 16 MiB (8 MiB with a base file), each with the smallest of the codings that are worth trying: a delta against the
// base file, zstd with a part of the base file as prefix, zstd, or raw. Small files are packed into shared windows. The
// base file of a content is the file at the same path in the base, else the file of the same name that is nearest in
// size; it is ignored if `contents` can't provide it intact. If it is larger than 128 MiB, a window is coded against
// that much of it around the window's position. stream_format.hpp defines the format.
//
// Blocking, for a worker thread. Windows are coded in parallel on threads of its own, which have ended when it returns.
// `contents` is called on any of them. Memory <= 512 MiB plus the manifest, for any size and any number of threads. The
// bytes depend on the version of zstd and the options, but not on the number of threads. Code::verification or
// not_found, naming the path: the store lacks a content or has a different one. On errors such as Code::cancelled and
// no_space, no files are left behind.
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
  unsigned threads = 0;                       // 0: one per CPU
  std::shared_ptr<PartialPayload> growing{};  // receives finished chunks; may be null
};

// Writes `path`.index and then `path` (temporary file, fsync, rename), so a payload at `path` is complete and has its
// index. Concurrent writers of the same path must hold a lock.
Result<Index> encode(const model::Manifest& next, const model::Manifest* base, const OpenContent& contents,
                     const std::string& path, EncodeOptions options = {});
// Reads an index that encode() wrote. Code::not_found if it is missing or damaged or the payload is incomplete.
Result<Index> read_index(const std::string& path);

}  // namespace deployctl::payload
