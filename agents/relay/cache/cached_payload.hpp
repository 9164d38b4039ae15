// A payload in a relay's cache, being filled or whole: what the targets' stages read from. A reader waits for a chunk
// that is still on its way and gets it as soon as it is verified (cut-through); slow readers are served from the file.
// Any number of fillers at once (receive_payload.hpp): each takes chunks that nobody else has taken, and one that fails
// leaves its share to the others. When the last one fails, waiting readers end with its error; with nobody filling and
// the chunk not here: Code::absent. One strand; the disk and the hashing are on the cache's threads.
#pragma once

#include <memory>
#include <optional>
#include <set>

#include "agents/relay/cache/chunk_file.hpp"
#include "core/io/notifier.hpp"
#include "core/payload/format/chunk_source.hpp"

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
  // Chunks that are here already as those of other payloads that this one begins with. For a filler; a second one waits
  // for the first. What can't be had that way is left to be asked for. Their files are removed when nothing else uses
  // them.
  awaitable<void> take_over(std::vector<std::shared_ptr<CachedPayload>> pieces);

  // One who fills it. Ends as told by end(), else as given up.
  class Fill {
   public:
    explicit Fill(std::shared_ptr<CachedPayload> payload);
    ~Fill();
    Fill(const Fill&) = delete;
    // A chunk that is not here and that nobody else was given; none: all the others are here or another's. What was
    // here before is verified on the way.
    awaitable<std::optional<std::uint32_t>> next();
    // Verified, written, given to who waits. Code::invalid: it wasn't ours to get; Code::verification; the disk's
    // error.
    awaitable<Status> put(std::uint32_t number, Bytes chunk);
    bool pending() const { return !owed_.empty(); }
    std::uint64_t owed_bytes() const { return owed_bytes_; }
    // Its part of what nobody has taken yet, when all fillers are as fast.
    std::uint64_t share() const;
    unsigned fillers() const { return payload_->fillers_; }  // of this payload, itself too
    std::uint64_t next_length() const;  // bytes of the next chunk that nobody has taken; 0: there is none
    void end(const Status& how);

   private:
    std::shared_ptr<CachedPayload> payload_;
    std::set<std::uint32_t> owed_;
    std::uint64_t owed_bytes_ = 0;
  };
  bool filling() const { return fillers_ > 0; }
  awaitable<Status> change();  // until anything changes

 private:
  enum class Chunk : std::uint8_t { missing, marked, ready };  // marked: the file says so, nobody looked yet
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
  io::Notifier changed_;  // any of these
  unsigned fillers_ = 0;
  bool taking_over_ = false;
  std::uint32_t next_ = 0;              // below it: here, taken by a filler, or given back
  std::set<std::uint32_t> given_back_;  // by fillers that failed
  std::uint64_t untaken_ = 0;           // bytes from next_ on, about
  std::optional<Error> failed_;         // how the last filling ended
};

}  // namespace deployctl::relay
