// What the links carry in these tests: a release of one file, its payload from nothing, in files of the caller's
// folder.
#pragma once

#include <fcntl.h>

#include "core/fleet/routes/fleet_links.hpp"
#include "core/io/fd.hpp"
#include "core/model/release.hpp"
#include "core/payload/encode/encode.hpp"
#include "core/payload/format/file_source.hpp"
#include "tests/support/temp_dir.hpp"

namespace deployctl::testing {

// A release whose only file is `bytes` long and doesn't compress.
struct Cargo {
  Cargo(const TempDir& dir, std::size_t bytes) {
    std::string text;
    for (std::uint64_t i = 0; text.size() < bytes; ++i) text += sha256(std::to_string(i)).raw();
    const std::string content = dir.write("content", text);
    model::Entry entry;
    entry.path = "data";
    entry.size = text.size();
    entry.content = sha256(text);
    auto manifest = model::Manifest::make({entry}).value();
    release.version = "v1";
    release.artifact = manifest.digest();
    const payload::OpenContent open = [content](const Digest&) { return io::open_fd(content, O_RDONLY); };
    const std::string path = dir / "payload";
    auto index = payload::encode(manifest, nullptr, open, path).value();
    shipment =
        std::make_shared<fleet::PayloadHandle>(fleet::PayloadHandle{payload::open_file_source(path, index).value()});
  }
  std::uint64_t total() const { return shipment->chunks->index().total(); }
  model::Release release;
  std::shared_ptr<fleet::PayloadHandle> shipment;
};

}  // namespace deployctl::testing
