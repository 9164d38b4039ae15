// Makes the payload that brings a tree to `next`, from `base` or from nothing: written to a file, cut into chunks. Contents
// that the base has too go by reference; a changed file is coded in windows of at most 32 MiB, each with the smallest of
// zstd with the base file as prefix, zstd, or raw; small files travel in packs. The coded stream begins with the manifest.
// Blocking, for a worker thread; memory bounded (<= 512 MiB) whatever the sizes. Deterministic for one library version.
#pragma once

#include <optional>
#include <string>

#include "core/io/cancel_token.hpp"
#include "core/model/manifest.hpp"
#include "core/payload/contents.hpp"
#include "core/payload/index.hpp"

namespace deployctl::payload {

struct EncodeOptions {
  int level = 3;            // zstd
  io::CancelToken cancel;
};

// Writes `path` whole (temporary, fsync, rename) and, beside it, `path`.index; gives the index.
Result<Index> encode(const model::Manifest& next, const model::Manifest* base, const OpenContent& contents,
                     const std::string& path, EncodeOptions options = {});
// An index that encode() wrote; Code::absent when there is none or the payload is not whole.
Result<Index> read_index(const std::string& path);

}  // namespace deployctl::payload
