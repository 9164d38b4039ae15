// A payload in a relay's cache, being filled or whole: what the targets' stages read from. A reader waits for a chunk that
// is still on its way and gets it as soon as it is verified (cut-through); slow readers are served from the file.
// One filler at a time (carry.hpp). When the filling fails, waiting readers end with its error; with nobody filling and the
// chunk not here: Code::absent. One strand; the disk and the hashing are on the cache's threads.
#pragma once

#include <memory>
#include <optional>
#include <set>

#include "agents/relay/chunk_file.hpp"
#include "core/io/notifier.hpp"
#include "core/payload/chunk_source.hpp"

namespace deployctl::relay {

using asio::awaitable;
struct CacheRoom;  // chunk_cache.hpp: what all payloads share

class CachedPayload : public payload::ChunkSource, public std::enable_shared_from_this<CachedPayload> {
 public:
  CachedPayload(std::shared_ptr<CacheRoom> room, payload::Index index);

  const payload::Index& index() const override { return index_; }
  awaitable<Result<Bytes>> read(std::uint32_t number) override;

  // The file is opened; for a filler it is made, and room for what it lacks. Idempotent.
  awaitable<Status> open(ChunkFile::Missing missing);
  bool whole() const;

  // The one who fills it; a second one waits for its turn in wait_to_fill(). Ends as told by end(), else as given up.
  class Filling {
   public:
    explicit Filling(std::shared_ptr<CachedPayload> payload);
    ~Filling();
    Filling(const Filling&) = delete;
    void end(const Status& how);

   private:
    std::shared_ptr<CachedPayload> payload_;
  };
  bool filling() const { return filling_; }
  awaitable<Status> wait_to_fill();
  // For the filler: whether a chunk was here before, and is what the index says.
  awaitable<bool> holds(std::uint32_t number);
  // Verified, written, given to who waits. Code::verification, or the disk's error.
  awaitable<Status> put(std::uint32_t number, Bytes chunk);

 private:
  enum class Chunk : std::uint8_t { missing, marked, ready };  // marked: the file says so, nobody looked yet
  awaitable<Result<Bytes>> load(std::uint32_t number);
  void take_marks(std::shared_ptr<ChunkFile> file);
  std::uint64_t lacking() const;  // bytes

  std::shared_ptr<CacheRoom> room_;
  payload::Index index_;
  Digest digest_;
  std::shared_ptr<ChunkFile> file_;
  std::vector<Chunk> chunks_;
  std::set<std::uint32_t> loading_;
  io::Notifier changed_;  // any of these
  bool filling_ = false;
  std::optional<Error> failed_;  // how the last filling ended
};

}  // namespace deployctl::relay
