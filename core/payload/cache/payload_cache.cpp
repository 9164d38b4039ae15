#include "core/payload/cache/payload_cache.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/this_coro.hpp>
#include <map>

#include "core/io/blocking.hpp"
#include "core/io/cancel_token.hpp"
#include "core/io/notifier.hpp"
#include "core/payload/cache/encode_job.hpp"
#include "core/payload/format/stream_format.hpp"

namespace deployctl::payload {
namespace {

using Source = std::shared_ptr<ChunkSource>;

// A running encoding and the number of its waiters.
struct Job {
  explicit Job(asio::any_io_executor executor) : bell(std::move(executor)) {}
  io::Notifier bell;
  io::CancelToken cancel;
  unsigned waiters = 0;
  std::shared_ptr<PartialPayload> growing = std::make_shared<PartialPayload>();
  std::optional<Result<Source>> result;
};

// Registers a waiter. The last one to leave cancels unfinished work.
class Waiter {
 public:
  explicit Waiter(std::shared_ptr<Job> job) : job_(std::move(job)) { ++job_->waiters; }
  ~Waiter() {
    if (--job_->waiters == 0 && !job_->result) job_->cancel.cancel();
  }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

 private:
  std::shared_ptr<Job> job_;
};

}  // namespace

struct PayloadCache::State {
  asio::thread_pool& pool;
  std::string dir;
  OpenManifest manifests;
  OpenContent contents;
  std::map<std::string, std::weak_ptr<ChunkSource>> ready{};
  std::map<std::string, std::shared_ptr<Job>> jobs{};

  Source held(const std::string& name) const {
    const auto at = ready.find(name);
    return at == ready.end() ? nullptr : at->second.lock();
  }

  // Keeps the state and the job alive until the work is done, even if the cache and all waiters are gone.
  static asio::awaitable<void> work(std::shared_ptr<State> state, std::string name, std::shared_ptr<Job> job,
                                    EncodeJob making) {
    std::function<Result<Source>()> make = [making = std::move(making)] { return make_payload(making); };
    auto made = co_await io::run_blocking(state->pool, std::move(make));
    if (made) state->ready[name] = *made;
    job->result = std::move(made);
    state->jobs.erase(name);
    job->bell.notify_all();
  }

  static asio::awaitable<Result<Source>> get(std::shared_ptr<State> state, Digest next, std::optional<Digest> base,
                                             Preference preference) {
    const auto executor = co_await asio::this_coro::executor;
    const std::string smallest = file_name(next, base);
    const std::string name = file_name(next, base, preference.goal);
    while (true) {
      if (auto source = state->held(smallest)) co_return source;
      if (auto source = state->held(name)) co_return source;
      auto& slot = state->jobs[name];
      if (!slot) {
        slot = std::make_shared<Job>(executor);
        EncodeJob making{state->dir,      name,         smallest,     next, base, preference, state->manifests,
                         state->contents, slot->cancel, slot->growing};
        asio::co_spawn(executor, work(state, name, slot, std::move(making)), asio::detached);
      }
      const std::shared_ptr<Job> job = slot;
      const Waiter waiter(job);
      const bool given_up = job->cancel.cancelled();
      while (!job->result) co_await job->bell.wait();
      // The job was already cancelled by its last waiter when this call joined it: start over.
      if (given_up && !*job->result) continue;
      co_return *job->result;
    }
  }
};

PayloadCache::PayloadCache(asio::thread_pool& pool, std::string dir, OpenManifest manifests, OpenContent contents)
    : state_(std::make_shared<State>(State{pool, std::move(dir), std::move(manifests), std::move(contents)})) {}
PayloadCache::~PayloadCache() = default;

asio::awaitable<Result<std::shared_ptr<ChunkSource>>> PayloadCache::get(Digest next, std::optional<Digest> base,
                                                                        Preference preference) {
  return State::get(state_, next, base, preference);
}

std::shared_ptr<PartialPayload> PayloadCache::growing(Digest next, std::optional<Digest> base, Preference::Goal goal) {
  const auto at = state_->jobs.find(file_name(next, base, goal));
  return at == state_->jobs.end() ? nullptr : at->second->growing;
}

asio::awaitable<bool> PayloadCache::has(Digest artifact) {
  const auto state = state_;
  const std::function<Result<bool>()> look = [state, artifact]() -> Result<bool> {
    DEPLOYCTL_TRY(manifest, state->manifests(artifact));
    return manifest.digest() == artifact;
  };
  const auto found = co_await io::run_blocking(state->pool, look);
  co_return found&&* found;
}

asio::awaitable<bool> PayloadCache::has_private_modes(Digest artifact) {
  const auto state = state_;
  const std::function<Result<bool>()> look = [state, artifact]() -> Result<bool> {
    DEPLOYCTL_TRY(manifest, state->manifests(artifact));
    return manifest.has_private_modes();
  };
  const auto found = co_await io::run_blocking(state->pool, look);
  co_return found&&* found;
}

asio::awaitable<std::shared_ptr<ChunkSource>> PayloadCache::made(Digest next, std::optional<Digest> base) {
  const auto state = state_;
  for (const auto goal : {Preference::Goal::smallest, Preference::Goal::soonest}) {
    const std::string name = file_name(next, base, goal);
    if (auto source = state->held(name)) co_return source;
    const std::function<Result<Source>()> look = [path = state->dir + "/" + name] { return open_payload(path); };
    auto found = co_await io::run_blocking(state->pool, look);
    if (!found) continue;
    state->ready[name] = *found;
    co_return *found;
  }
  co_return nullptr;
}

std::string PayloadCache::file_name(const Digest& next, const std::optional<Digest>& base, Preference::Goal goal) {
  return (base ? base->hex() : "none") + "-" + next.hex() + (goal == Preference::Goal::soonest ? ".soonest" : "") +
         ".v" + std::to_string(stream_version);
}

}  // namespace deployctl::payload
