// The blocking half of PayloadCache: finds the payload file or makes it, alone among the processes of this
// host. Private to the room; for a thread of the pool; never throws.
#pragma once

#include <optional>
#include <string>

#include "core/io/cancel_token.hpp"
#include "core/payload/cache/payload_cache.hpp"
#include "core/payload/format/partial_payload.hpp"

namespace deployctl::payload {

struct EncodeJob {
  std::string dir;
  std::string name;      // of the file
  std::string smallest;  // of the file that is as good or better, if it is there
  Digest next;
  std::optional<Digest> base;
  Preference preference;
  OpenManifest manifests;
  OpenContent contents;
  io::CancelToken cancel;
  std::shared_ptr<PartialPayload> growing{};
};

// One that stands there whole; Code::absent.
Result<std::shared_ptr<ChunkSource>> open_payload(const std::string& path);
Result<std::shared_ptr<ChunkSource>> make_payload(const EncodeJob& making);

}  // namespace deployctl::payload
