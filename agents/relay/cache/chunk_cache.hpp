// The relay's payloads: a folder of chunk files, the payloads in use, and what they share. The files outlive the relay,
// so an interrupted carry continues where it stopped. Payloads in use and the most recent ones stay open; others may be
// removed to make room (cache_space.hpp) when the cache is opened and before each payload is received. One strand; two
// threads of its own for disk access and hashing.
#pragma once

#include <asio/any_io_executor.hpp>
#include <map>
#include <memory>

#include "agents/relay/cache/cache_space.hpp"
#include "agents/relay/cache/cached_payload.hpp"
#include "agents/relay/cache/recent_chunks.hpp"

namespace asio {
class thread_pool;
}

namespace deployctl::relay {

// Shared by the cache and its payloads, which links of targets may hold for a while. Work on the pool must not hold it:
// its last owner waits for the pool's threads.
struct CacheRoom {
  CacheRoom(asio::any_io_executor executor, std::string folder, CacheLimits limits);
  ~CacheRoom();

  asio::any_io_executor executor;
  std::string folder;
  CacheLimits limits;
  std::unique_ptr<asio::thread_pool> pool;
  RecentChunks recent{8 * payload::max_chunk};
};

class ChunkCache {
 public:
  // `folder` is created when the first payload is stored. The constructor starts the removal of old and excess files;
  // its errors are ignored, since they don't concern any session.
  ChunkCache(asio::any_io_executor executor, std::string folder, CacheLimits limits = {});

  // For filling it.
  std::shared_ptr<CachedPayload> payload(const payload::Index& index);
  // Closes unused payloads, except for the `most` most recently used: an open payload can't be removed to make room on
  // the disk.
  void forget_unused(std::size_t most = 0);
  // The index of a payload that was carried to this process, by its digest, otherwise Code::not_found.
  Result<payload::Index> index(const Digest& digest) const;
  // For reading: a payload that is whole or being filled, otherwise Code::not_found.
  awaitable<Result<std::shared_ptr<CachedPayload>>> find(payload::Index index);

 private:
  std::shared_ptr<CacheRoom> room_;
  struct Entry {
    std::shared_ptr<CachedPayload> payload;
    std::uint64_t used = 0;  // value of uses_ at the last use
  };
  std::map<Digest, Entry> payloads_;
  std::uint64_t uses_ = 0;
};

}  // namespace deployctl::relay
