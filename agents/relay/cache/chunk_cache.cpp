#include "agents/relay/cache/chunk_cache.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/thread_pool.hpp>

#include "core/io/blocking.hpp"
#include "core/io/files.hpp"

namespace deployctl::relay {

CacheRoom::CacheRoom(asio::any_io_executor e, std::string f, CacheLimits l)
    : executor(std::move(e)), folder(std::move(f)), limits(l), pool(std::make_unique<asio::thread_pool>(2)) {}

CacheRoom::~CacheRoom() = default;

namespace {

constexpr std::size_t max_open = 8;

awaitable<void> tidy(std::shared_ptr<CacheRoom> room) {
  std::function<Status()> job = [folder = room->folder, limits = room->limits]() -> Status {
    if (!io::exists(folder)) return {};
    return make_room(folder, limits, 0);
  };
  (void)co_await io::run_blocking(*room->pool, job);
}

}  // namespace

ChunkCache::ChunkCache(asio::any_io_executor executor, std::string folder, CacheLimits limits)
    : room_(std::make_shared<CacheRoom>(executor, std::move(folder), limits)) {
  asio::co_spawn(executor, tidy(room_), asio::detached);
}

std::shared_ptr<CachedPayload> ChunkCache::payload(const payload::Index& index) {
  auto& entry = payloads_[index.digest()];
  if (!entry.payload) entry.payload = std::make_shared<CachedPayload>(room_, index);
  entry.used = ++uses_;
  const auto payload = entry.payload;
  forget_unused(max_open);
  return payload;
}

Result<payload::Index> ChunkCache::index(const Digest& digest) const {
  const auto at = payloads_.find(digest);
  if (at == payloads_.end()) return fail(Code::not_found, "no payload of that name was carried to this relay");
  return at->second.payload->index();
}

// A relay that runs for months sees many payloads.
void ChunkCache::forget_unused(std::size_t most) {
  while (payloads_.size() > most) {
    auto oldest = payloads_.end();
    for (auto at = payloads_.begin(); at != payloads_.end(); ++at)
      if (at->second.payload.use_count() == 1 && (oldest == payloads_.end() || at->second.used < oldest->second.used))
        oldest = at;
    if (oldest == payloads_.end()) return;
    payloads_.erase(oldest);
  }
}

awaitable<Result<std::shared_ptr<CachedPayload>>> ChunkCache::find(payload::Index index) {
  const auto entry = payload(index);
  if (entry->filling()) co_return entry;
  const auto opened = co_await entry->open(ChunkFile::Missing::is_an_error);
  if (entry->filling() || entry->whole()) co_return entry;
  // Frees the memory of a payload that is neither whole nor being filled.
  if (const auto at = payloads_.find(entry->index().digest()); at != payloads_.end() && at->second.payload == entry)
    payloads_.erase(at);
  if (!opened && opened.error().code != Code::not_found) co_return fail(opened.error());
  co_return fail(Code::not_found, "the relay has not the whole payload, and nobody carries it there");
}

}  // namespace deployctl::relay
