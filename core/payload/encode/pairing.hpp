// Which contents a payload carries, and the old self of each: what stood at the same path in the base, else
// the base's file of the same name that is nearest in size. Private to the room; pure, any thread.
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
  std::string path;  // the first that has it, for errors
  std::optional<BaseFile> old;
};

// Each content of `next` that `base` (may be null) lacks, once, in the order of the paths. Code::invalid when
// one content is said to have two sizes.
Result<std::vector<Item>> contents_to_send(const model::Manifest& next, const model::Manifest* base);

}  // namespace deployctl::payload
