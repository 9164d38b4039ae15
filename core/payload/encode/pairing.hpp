// Selects the contents that a payload carries, and a base file for each: the file at the same path in the base, else
// the file of the same name that is nearest in size. Private to the module; pure, any thread.
#pragma once

#include <optional>
#include <vector>

#include "core/model/manifest.hpp"

namespace deployctl::payload {

struct BaseFile {
  Digest content;
  std::uint64_t size = 0;
};

struct Item {
  Digest content;
  std::uint64_t size = 0;
  std::string path;  // the first path with this content, for errors
  std::optional<BaseFile> old;
};

// The contents of `next` that `base` (may be null) lacks, each once, in the order of their paths. Code::invalid if the
// manifest gives one content two sizes.
Result<std::vector<Item>> contents_to_send(const model::Manifest& next, const model::Manifest* base);

}  // namespace deployctl::payload
