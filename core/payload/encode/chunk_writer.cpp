#include "core/payload/encode/chunk_writer.hpp"

#include <algorithm>

#include "core/io/files.hpp"

namespace deployctl::payload {

std::size_t chunk_size_after(std::uint64_t before) {
  constexpr std::uint64_t least = 64 * 1024, parts = 512;
  return std::clamp<std::uint64_t>(before / parts / least * least, least, max_chunk);
}

ChunkWriter::ChunkWriter(std::string path, io::AtomicFile file, std::shared_ptr<PartialPayload> growing)
    : path_(std::move(path)), file_(std::move(file)), growing_(std::move(growing)) {
  if (growing_) growing_->begin(file_.fd(), path_);
  chunk_.reserve(max_chunk);
}

Result<ChunkWriter> ChunkWriter::create(const std::string& path, std::shared_ptr<PartialPayload> growing) {
  DEPLOYCTL_TRY(file, io::AtomicFile::create(path));
  return ChunkWriter(path, std::move(file), std::move(growing));
}

Status ChunkWriter::write(BytesView bytes) {
  if (hashing_) all_.update(bytes);
  while (!bytes.empty()) {
    const std::size_t full = chunk_size_after(before_);
    const auto piece = bytes.first(std::min(bytes.size(), full - chunk_.size()));
    chunk_.insert(chunk_.end(), piece.begin(), piece.end());
    bytes = bytes.subspan(piece.size());
    if (chunk_.size() < full) continue;
    DEPLOYCTL_CHECK(flush());
  }
  return {};
}

Status ChunkWriter::flush() {
  if (index_.lengths.size() == max_chunks)
    return fail(Code::invalid, "the payload is larger than " + std::to_string(max_chunks) + " chunks");
  DEPLOYCTL_CHECK(file_.write(chunk_));
  index_.lengths.push_back(static_cast<std::uint32_t>(chunk_.size()));
  index_.digests.push_back(sha256(chunk_));
  if (growing_) growing_->add(index_.lengths.back(), index_.digests.back());
  before_ += chunk_.size();
  chunk_.clear();
  return {};
}

Digest ChunkWriter::digest_so_far() {
  hashing_ = false;
  return all_.finish();
}

Result<Index> ChunkWriter::commit() {
  if (!chunk_.empty()) {
    DEPLOYCTL_CHECK(flush());
  }
  // A payload from an earlier run must not be paired with the new index.
  DEPLOYCTL_CHECK(io::remove_file(path_));
  DEPLOYCTL_CHECK(write_index(path_, index_));
  auto committed = file_.commit();
  if (committed) return std::move(index_);
  (void)io::remove_file(path_ + ".index");
  return fail(committed.error());
}

}  // namespace deployctl::payload
