#include "agents/relay/cache/cached_payload.hpp"

#include "agents/relay/cache/chunk_cache.hpp"
#include "core/io/blocking.hpp"
#include "core/io/files.hpp"

namespace deployctl::relay {
namespace {

Result<std::shared_ptr<ChunkFile>> open_file(const std::string& folder, const payload::Index& index,
                                             ChunkFile::Missing missing) {
  if (missing == ChunkFile::Missing::make) {
    DEPLOYCTL_CHECK(io::make_dirs(folder, 0700));
  }
  return ChunkFile::open(folder, index, missing);
}

}  // namespace

CachedPayload::CachedPayload(std::shared_ptr<CacheRoom> room, payload::Index index)
    : room_(std::move(room)),
      index_(std::move(index)),
      digest_(index_.digest()),
      chunks_(index_.count(), Chunk::missing),
      changed_(room_->executor) {}

awaitable<Status> CachedPayload::open(ChunkFile::Missing missing) {
  const auto self = shared_from_this();
  if (!file_) {
    std::function<Result<std::shared_ptr<ChunkFile>>()> job = [folder = room_->folder, index = index_, missing] {
      return open_file(folder, index, missing);
    };
    DEPLOYCTL_CO_TRY(file, co_await io::run_blocking(*room_->pool, job));
    if (!file_) take_marks(file);  // otherwise a concurrent open was faster
  }
  const auto bytes = lacking();
  if (missing == ChunkFile::Missing::is_an_error || bytes == 0) co_return Status{};
  std::function<Status()> job = [folder = room_->folder, limits = room_->limits, bytes] {
    return make_room(folder, limits, bytes);
  };
  co_return co_await io::run_blocking(*room_->pool, job);
}

void CachedPayload::take_marks(std::shared_ptr<ChunkFile> file) {
  file_ = std::move(file);
  for (std::uint32_t i = 0; i < index_.count(); ++i)
    if (file_->marked()[i]) chunks_[i] = Chunk::marked;
}

std::uint64_t CachedPayload::lacking() const {
  std::uint64_t bytes = 0;
  for (std::uint32_t i = 0; i < index_.count(); ++i)
    if (chunks_[i] == Chunk::missing) bytes += index_.lengths[i];
  return bytes;
}

bool CachedPayload::whole() const { return file_ && lacking() == 0; }

awaitable<Result<Bytes>> CachedPayload::read(std::uint32_t number) {
  const auto self = shared_from_this();
  for (;;) {
    if (auto bytes = room_->recent.find(digest_, number)) co_return std::move(*bytes);
    const auto chunk = chunks_.at(number);
    if (chunk == Chunk::missing && !filling()) {
      if (failed_) co_return fail(*failed_);
      co_return fail(Code::not_found, "the relay has not the whole payload, and nobody carries it there");
    }
    if (chunk == Chunk::missing || loading_.contains(number)) {
      co_await changed_.wait();
      continue;
    }
    auto bytes = co_await load(number);
    // A bad chunk that was only marked is requested by a filler that has not passed it yet, so wait for that.
    if (bytes || chunk == Chunk::ready || !filling()) co_return bytes;
  }
}

awaitable<Result<Bytes>> CachedPayload::load(std::uint32_t number) {
  struct Mark {
    CachedPayload& payload;
    std::uint32_t number;
    ~Mark() {
      payload.loading_.erase(number);
      payload.changed_.notify_all();
    }
  };
  const auto self = shared_from_this();
  loading_.insert(number);
  const Mark mark{*this, number};
  std::function<Result<Bytes>()> job = [file = file_, number] { return file->read(number); };
  auto bytes = co_await io::run_blocking(*room_->pool, job);
  // The fillers have already passed a chunk that was ready, so they must be given it again.
  if (!bytes && chunks_[number] == Chunk::ready && filling()) given_back_.insert(number);
  chunks_[number] = bytes ? Chunk::ready : Chunk::missing;
  if (bytes) room_->recent.put(digest_, number, *bytes);
  co_return bytes;
}

awaitable<bool> CachedPayload::holds(std::uint32_t number) {
  const auto self = shared_from_this();
  while (loading_.contains(number)) co_await changed_.wait();
  if (chunks_[number] != Chunk::marked) co_return chunks_[number] == Chunk::ready;
  const auto bytes = co_await load(number);
  co_return bytes.has_value();
}

awaitable<Status> CachedPayload::put(std::uint32_t number, Bytes chunk) {
  const auto self = shared_from_this();
  const auto bytes = std::make_shared<Bytes>(std::move(chunk));
  std::function<Result<Bytes>()> job = [file = file_, number, bytes] { return file->write(number, std::move(*bytes)); };
  DEPLOYCTL_CO_TRY(written, co_await io::run_blocking(*room_->pool, job));
  chunks_[number] = Chunk::ready;
  room_->recent.put(digest_, number, written);
  changed_.notify_all();
  co_return Status{};
}

awaitable<void> CachedPayload::take_over(std::vector<std::shared_ptr<CachedPayload>> pieces) {
  const auto self = shared_from_this();
  while (taking_over_) co_await changed_.wait();
  taking_over_ = true;
  std::uint32_t first = 0;
  for (auto& piece : pieces) {
    const auto count = piece->index().count();
    co_await take_over_one(std::move(piece), first);
    first += count;
  }
  taking_over_ = false;
  changed_.notify_all();
}

// Reads like any other reader: it waits for chunks that are still arriving.
awaitable<void> CachedPayload::take_over_one(std::shared_ptr<CachedPayload> piece, std::uint32_t first) {
  for (std::uint32_t i = 0; i < piece->index().count(); ++i) {
    if (chunks_[first + i] != Chunk::missing) continue;
    auto bytes = co_await piece->read(i);
    if (!bytes) co_return;
    const auto kept = co_await put(first + i, std::move(*bytes));
    if (!kept) co_return;
  }
  std::function<Status()> job = [path = piece->file_ ? piece->file_->path() : std::string()]() -> Status {
    return path.empty() ? Status{} : io::remove_file(path);
  };
  (void)co_await io::run_blocking(*room_->pool, job);
}

awaitable<Status> CachedPayload::change() {
  const auto self = shared_from_this();
  co_await changed_.wait();
  co_return Status{};
}

// ---- filling ----

CachedPayload::Fill::Fill(std::shared_ptr<CachedPayload> payload) : payload_(std::move(payload)) {
  auto& p = *payload_;
  if (p.fillers_++ > 0) return;
  p.next_ = 0;
  p.given_back_.clear();
  p.untaken_ = p.index_.total();
  p.failed_.reset();
}

CachedPayload::Fill::~Fill() { end(fail(Code::cancelled, "the payload's way to the relay was given up")); }

awaitable<std::optional<std::uint32_t>> CachedPayload::Fill::next() {
  const auto payload = payload_;
  std::optional<std::uint32_t> found;
  while (!found) {
    if (!payload->given_back_.empty()) {
      found = *payload->given_back_.begin();
      payload->given_back_.erase(payload->given_back_.begin());
    } else if (payload->next_ < payload->index_.count()) {
      const auto number = payload->next_++;  // before any wait, so that no other filler takes it
      payload->untaken_ -= payload->index_.lengths[number];
      const bool here = co_await payload->holds(number);
      if (!here) found = number;
    } else {
      break;
    }
  }
  if (found) {
    owed_.insert(*found);
    owed_bytes_ += payload->index_.lengths[*found];
  }
  co_return found;
}

awaitable<Status> CachedPayload::Fill::put(std::uint32_t number, Bytes chunk) {
  if (!owed_.contains(number)) co_return fail(Code::invalid, "a chunk came that was not asked for");
  DEPLOYCTL_CO_CHECK(co_await payload_->put(number, std::move(chunk)));
  owed_.erase(number);
  owed_bytes_ -= payload_->index_.lengths[number];
  co_return Status{};
}

std::uint64_t CachedPayload::Fill::next_length() const {
  const auto& p = *payload_;
  return p.next_ < p.index_.count() ? p.index_.lengths[p.next_] : 0;
}

std::uint64_t CachedPayload::Fill::share() const { return payload_->untaken_ / payload_->fillers_; }

void CachedPayload::Fill::end(const Status& how) {
  if (!payload_) return;
  auto& p = *payload_;
  p.given_back_.insert(owed_.begin(), owed_.end());
  --p.fillers_;
  if (!how && p.fillers_ == 0 && !p.whole()) p.failed_ = how.error();
  p.changed_.notify_all();
  payload_.reset();
}

}  // namespace deployctl::relay
