// The records of an artifact store as files: DIR/artifacts/<hex>-<of whom>.json. Each is wholly there or not.
// Private to the room.
#pragma once

#include <string>
#include <vector>

#include "core/artifact/artifact_store.hpp"

namespace deployctl::artifact {

struct RecordFile {
  std::string path;
  ArtifactRecord record;
};

Status write_record(const std::string& dir, const ArtifactRecord& record);
// Newest first. A damaged file: Code::verification.
Result<std::vector<RecordFile>> read_records(const std::string& dir);

}  // namespace deployctl::artifact
