// The records of an artifact store as files: DIR/artifacts/<hex>-<hash of service, version and commit>.json. Files are
// replaced atomically. Private to the module.
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
// Newest first. Code::verification if a file is damaged.
Result<std::vector<RecordFile>> read_records(const std::string& dir);

}  // namespace deployctl::artifact
