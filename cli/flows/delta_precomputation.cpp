#include "cli/flows/delta_precomputation.hpp"

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/thread_pool.hpp>
#include <optional>

#include "cli/session/payloads.hpp"
#include "core/io/deadline.hpp"
#include "core/io/files.hpp"

namespace deployctl::cli {
namespace {

constexpr std::size_t max_per_kind = 2;

using Made = std::shared_ptr<payload::ChunkSource>;

asio::awaitable<void> make(std::optional<Result<Made>>& out, payload::PayloadCache& payloads, Digest next, Digest base,
                           io::CancelToken cancel) {
  out = co_await io::with_cancel(payloads.get(next, base), cancel, "code the payload");
}

Result<Made> make_one(const artifact::ArtifactStore& store, const Digest& next, const Digest& base,
                      const io::CancelToken& cancel) {
  asio::io_context context(1);
  asio::thread_pool pool(1);
  const auto payloads = payloads_of(pool, store);
  std::optional<Result<Made>> made;
  asio::co_spawn(context, make(made, *payloads, next, base, cancel), [](std::exception_ptr thrown) {
    if (thrown) std::rethrow_exception(thrown);
  });
  context.run();
  return std::move(*made);
}

bool is_made(const artifact::ArtifactStore& store, const Digest& next, const Digest& base) {
  return io::exists(store.payload_dir() + "/" + payload::PayloadCache::file_name(next, base));
}

}  // namespace

std::vector<BaseCandidate> likely_bases(const Digest& next, const std::string& service,
                                        const std::vector<BaseCandidate>& ran,
                                        const std::vector<artifact::ArtifactRecord>& built) {
  std::vector<BaseCandidate> bases;
  std::size_t most = max_per_kind;
  const auto add = [&](const BaseCandidate& likely) {
    const bool known =
        std::any_of(bases.begin(), bases.end(), [&](const auto& base) { return base.artifact == likely.artifact; });
    if (!known && likely.artifact != next && !likely.artifact.empty() && bases.size() < most) bases.push_back(likely);
  };
  for (const auto& one : ran) add(one);
  most = bases.size() + max_per_kind;
  for (const auto& record : built)
    if (record.service == service) add({record.digest, record.version});
  return bases;
}

Status precompute_deltas(const artifact::ArtifactStore& store, const Digest& next,
                         const std::vector<BaseCandidate>& bases, io::CancelToken cancel,
                         const std::function<void(const Precoded&)>& told) {
  for (const auto& base : bases) {
    if (is_made(store, next, base.artifact)) continue;
    const auto complete = store.complete(base.artifact);
    if (!complete || !*complete) continue;
    const auto begun = io::now_steady();
    auto made = make_one(store, next, base.artifact, cancel);
    if (!made) return fail(made.error());
    told({base.version, (*made)->index().total(), static_cast<double>((io::now_steady() - begun).count()) / 1000});
  }
  return {};
}

}  // namespace deployctl::cli
