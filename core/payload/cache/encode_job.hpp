// The blocking half of PayloadCache: finds or makes the payload file. A lock file ensures that only one process of this
// host makes a payload at a time. Private to the module; for threads of the pool. make_payload() never throws.
#pragma once

#include <optional>
#include <string>

#include "core/io/cancel_token.hpp"
#include "core/payload/cache/payload_cache.hpp"
#include "core/payload/format/partial_payload.hpp"

namespace deployctl::payload {

struct EncodeJob {
  std::string dir;
  std::string name;      // name of the file
  std::string smallest;  // name of the file with the smallest payload, which is preferred if it exists
  Digest next;
  std::optional<Digest> base;
  Preference preference;
  OpenManifest manifests;
  OpenContent contents;
  io::CancelToken cancel;
  std::shared_ptr<PartialPayload> growing{};
};

// Opens a complete payload. Code::not_found if there is none.
Result<std::shared_ptr<ChunkSource>> open_payload(const std::string& path);
Result<std::shared_ptr<ChunkSource>> make_payload(const EncodeJob& making);

}  // namespace deployctl::payload
