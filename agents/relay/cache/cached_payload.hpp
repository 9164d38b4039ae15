// A payload in a relay's cache, complete or still being filled, from which targets stage. A reader waits for a chunk
// that is still arriving and gets it as soon as it is verified (cut-through); slow readers are served from the file.
// There may be several fillers at once (receive_payload.hpp): each takes chunks that no other has taken, and one that
// fails leaves its share to the others. When the last one fails, waiting readers end with its error; Code::not_found if
// the chunk is missing and there is no filler. One strand; disk access and hashing run on the cache's threads.
#pragma once

#include <memory>
#include <optional>
#include <set>

#include "agents/relay/cache/chunk_file.hpp"
#include "core/io/notifier.hpp"
#include "core/payload/format/chunk_source.hpp"

namespace deployctl::relay {

using asio::awaitable;
struct CacheRoom;  // chunk_cache.hpp: shared by all payloads

class CachedPayload : public payload::ChunkSource, public std::enable_shared_from_this<CachedPayload> {
 public:
  CachedPayload(std::shared_ptr<CacheRoom> room, payload::Index index);

  const payload::Index& index() const override { return index_; }
  awaitable<Result<Bytes>> read(std::uint32_t number) override;

  // Opens the file. For a filler (Missing::make), also creates it and makes room for the missing chunks. Idempotent.
  awaitable<Status> open(ChunkFile::Missing missing);
  bool whole() const;
  // Copies chunks from `pieces`: other payloads that, in order, make up the start of this one. Called by a filler; a
  // second call waits for the first. Chunks that can't be obtained this way are left to be requested. The file of a
  // fully copied piece is unlinked; processes that have it open can still read it.
  awaitable<void> take_over(std::vector<std::shared_ptr<CachedPayload>> pieces);

  // RAII registration of one filler. Ends with the status passed to end(), otherwise as cancelled.
  class Fill {
   public:
    explicit Fill(std::shared_ptr<CachedPayload> payload);
    ~Fill();
    Fill(const Fill&) = delete;
    // Takes a missing chunk that no other filler has taken; nullopt if there is none left. Verifies chunks found in the
    // file on the way.
    awaitable<std::optional<std::uint32_t>> next();
    // Verifies and writes the chunk, and wakes readers that wait for it. Code::invalid if this filler did not take it,
    // Code::verification, or the disk's error.
    awaitable<Status> put(std::uint32_t number, Bytes chunk);
    bool pending() const { return !owed_.empty(); }
    std::uint64_t owed_bytes() const { return owed_bytes_; }
    // This filler's part of the bytes that no filler has taken, if all are equally fast.
    std::uint64_t share() const;
    unsigned fillers() const { return payload_->fillers_; }  // of this payload, including this one
    std::uint64_t next_length() const;  // bytes of the next chunk that no filler has taken; 0: none
    void end(const Status& how);

   private:
    std::shared_ptr<CachedPayload> payload_;
    std::set<std::uint32_t> owed_;
    std::uint64_t owed_bytes_ = 0;
  };
  bool filling() const { return fillers_ > 0; }
  awaitable<Status> change();  // waits until anything changes

 private:
  enum class Chunk : std::uint8_t { missing, marked, ready };  // marked: written according to the file, not verified
  awaitable<void> take_over_one(std::shared_ptr<CachedPayload> piece, std::uint32_t first);
  awaitable<Result<Bytes>> load(std::uint32_t number);
  awaitable<bool> holds(std::uint32_t number);
  awaitable<Status> put(std::uint32_t number, Bytes chunk);
  void take_marks(std::shared_ptr<ChunkFile> file);
  std::uint64_t lacking() const;  // bytes

  std::shared_ptr<CacheRoom> room_;
  payload::Index index_;
  Digest digest_;
  std::shared_ptr<ChunkFile> file_;
  std::vector<Chunk> chunks_;
  std::set<std::uint32_t> loading_;
  io::Notifier changed_;  // chunks, fillers or loads
  unsigned fillers_ = 0;
  bool taking_over_ = false;
  std::uint32_t next_ = 0;              // below it: present, taken by a filler, or given back
  std::set<std::uint32_t> given_back_;  // by failed fillers, or found damaged
  std::uint64_t untaken_ = 0;           // bytes from next_ on, approximately
  std::optional<Error> failed_;         // the error of the last filler
};

}  // namespace deployctl::relay
