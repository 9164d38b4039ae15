// A blob store in a folder: DIR/blobs/ab/cdef.... Missing folders are created.
#pragma once

#include <memory>
#include <string>

#include "core/store/blob_store.hpp"

namespace deployctl::store {

Result<std::shared_ptr<BlobStore>> open_local_store(const std::string& dir);

}  // namespace deployctl::store
