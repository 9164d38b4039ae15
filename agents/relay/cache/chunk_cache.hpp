// The relay's payloads: a folder of chunk files, the payloads that are in use now, and what they share. What is on the
// disk outlives the relay, so a carry that was cut goes on where it stopped. Payloads in use and the last few stay
// open; others make room (cache_space.hpp) when the cache is opened and before each payload is taken in. One strand;
// two threads of its own for the disk and the hashing.
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

// Shared by the cache and its payloads, which the links of targets may hold on to for a while. Work on the pool
// must not hold it: its last owner waits for the pool's threads.
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
  // `folder` is made when something is to be kept. Starts to remove what is too old or too much; whatever fails there
  // is not a session's concern.
  ChunkCache(asio::any_io_executor executor, std::string folder, CacheLimits limits = {});

  // To fill it.
  std::shared_ptr<CachedPayload> payload(const payload::Index& index);
  // Closes payloads that nobody uses, all but so many: what is open can't make room for others on the disk.
  void forget_unused(std::size_t most = 0);
  // Of one that was carried to this process, by its digest, else Code::absent.
  Result<payload::Index> index(const Digest& digest) const;
  // To read from it: one that is being filled or is whole, else Code::absent.
  awaitable<Result<std::shared_ptr<CachedPayload>>> find(payload::Index index);

 private:
  std::shared_ptr<CacheRoom> room_;
  struct Entry {
    std::shared_ptr<CachedPayload> payload;
    std::uint64_t used = 0;  // when last, counted in uses
  };
  std::map<Digest, Entry> payloads_;
  std::uint64_t uses_ = 0;
};

}  // namespace deployctl::relay
