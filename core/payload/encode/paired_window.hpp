// Codes a window of a large content that has a base file, with the best of the codings that the preference allows.
// Private to the module; pure, any thread.
#pragma once

#include "core/payload/encode/delta_base.hpp"
#include "core/payload/encode/ordered_encoder.hpp"
#include "core/payload/format/coding_choice.hpp"
#include "core/payload/format/zstd_contexts.hpp"

namespace deployctl::payload {

struct PairedWindow {
  std::vector<Digest> starts;
  io::LargeBuffer plain;
  std::uint64_t at = 0;    // offset of the window in its content
  std::uint64_t size = 0;  // size of the content
  BaseFile old;
};

// `base` holds the part of the base file around the position of the window.
Result<CodedWindow> code_paired(PairedWindow window, const DeltaBase& base, const Preference& preference,
                                ZstdContexts& contexts);

// The maximum memory for coding a window of `plain` bytes, without its base.
std::size_t coding_memory(std::size_t plain);

}  // namespace deployctl::payload
