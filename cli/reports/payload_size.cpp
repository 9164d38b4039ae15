#include "cli/reports/payload_size.hpp"

#include <filesystem>
#include <map>
#include <set>

#include "core/payload/cache/payload_cache.hpp"

namespace deployctl::cli {
namespace {

using rollout::PayloadSize;

std::optional<PayloadSize> made(const artifact::ArtifactStore& store, const Digest& next, const Digest& base) {
  const auto from = base.empty() ? std::nullopt : std::optional(base);
  std::error_code gone;
  const auto bytes =
      std::filesystem::file_size(store.payload_dir() + "/" + payload::PayloadCache::file_name(next, from), gone);
  if (gone) return std::nullopt;
  return PayloadSize{bytes, true};
}

// Contents that the base lacks, each once, as if nothing could be said shorter.
std::optional<PayloadSize> bound(const artifact::ArtifactStore& store, const Digest& next, const Digest& base) {
  const auto wanted = store.manifest(next);
  if (!wanted) return std::nullopt;
  std::set<Digest> seen;
  if (const auto old = base.empty() ? fail(Code::not_found, "none") : store.manifest(base); old)
    for (const auto& entry : old->entries()) seen.insert(entry.content);
  PayloadSize size;
  for (const auto& entry : wanted->entries())
    if (entry.type == model::EntryType::file && seen.insert(entry.content).second) size.bytes += entry.size;
  return size;
}

}  // namespace

rollout::SizeOf payload_sizes(const artifact::ArtifactStore& store, const Digest& next) {
  return [store, next, known = std::map<Digest, std::optional<PayloadSize>>()](const Digest& base) mutable {
    if (const auto at = known.find(base); at != known.end()) return at->second;
    auto size = made(store, next, base);
    if (!size) size = bound(store, next, base);
    return known[base] = size;
  };
}

}  // namespace deployctl::cli
