// A window of a large content beside its old self, coded in the best way that its preference finds worth
// trying. Private to the room; pure, any thread.
#pragma once

#include "core/payload/encode/delta_base.hpp"
#include "core/payload/encode/ordered_encoder.hpp"
#include "core/payload/format/coding_choice.hpp"
#include "core/payload/format/zstd_contexts.hpp"

namespace deployctl::payload {

struct PairedWindow {
  std::vector<Digest> starts;
  io::LargeBuffer plain;
  std::uint64_t at = 0;    // where it stands in its content
  std::uint64_t size = 0;  // of the content
  BaseFile old;
};

// `base` holds the part of the old self around the window's place.
Result<CodedWindow> code_paired(PairedWindow window, const DeltaBase& base, const Preference& preference,
                                ZstdContexts& contexts);

// What coding a window of `plain` bytes takes at most, without its base.
std::size_t coding_memory(std::size_t plain);

}  // namespace deployctl::payload
