#include "agents/target/slot/kept_manifests.hpp"

#include <algorithm>
#include <set>

#include "core/io/atomic_file.hpp"
#include "core/io/files.hpp"
#include "core/io/trusted_path.hpp"
#include "core/model/manifest_change.hpp"

namespace deployctl::target {
namespace {

using model::Manifest;
using model::ManifestChange;

constexpr std::uint64_t longest = 1024ULL * 1024 * 1024;
constexpr std::size_t max_changes = 32;  // from a whole manifest to the one to read

std::string folder_of(const Slot& slot) { return slot.state("manifests"); }
std::string file_of(const Slot& slot, const Digest& artifact) {
  return folder_of(slot) + "/" + artifact.hex() + ".json";
}

// How to reconstruct a manifest: a whole one, and the changes that lead from it, the last change first.
struct Chain {
  std::string whole;
  std::vector<ManifestChange> changes;
  std::vector<Digest> names;  // of all its files
  std::size_t changed_bytes = 0;
};

Result<Chain> read_chain(const Slot& slot, Digest artifact) {
  Chain chain;
  while (true) {
    DEPLOYCTL_TRY(text, io::read_own_file(file_of(slot, artifact), longest));
    chain.names.push_back(artifact);
    if (!ManifestChange::begins(text)) {
      chain.whole = std::move(text);
      return chain;
    }
    chain.changed_bytes += text.size();
    auto change = ManifestChange::parse(text);
    if (!change) return fail(with_context(change.error(), file_of(slot, artifact)));
    artifact = change->base;
    chain.changes.push_back(std::move(*change));
    if (chain.changes.size() > max_changes)
      return fail(Code::verification, "the manifests in " + folder_of(slot) + " change each other without end");
  }
}

Result<Manifest> follow(const Chain& chain) {
  DEPLOYCTL_TRY(manifest, Manifest::parse(chain.whole));
  for (auto change = chain.changes.rbegin(); change != chain.changes.rend(); ++change) {
    DEPLOYCTL_TRY(next, change->apply(manifest));
    manifest = std::move(next);
  }
  return manifest;
}

// The text to store: the whole manifest if the changes since the last whole one would be as long as that.
std::string text_to_keep(const Slot& slot, const Manifest& manifest, const Manifest* base) {
  std::string whole = manifest.json();
  if (!base || base->digest() == manifest.digest()) return whole;
  const auto chain = read_chain(slot, base->digest());
  if (!chain || chain->changes.size() >= max_changes) return whole;
  std::string change = ManifestChange::between(*base, manifest).json();
  return chain->changed_bytes + change.size() < whole.size() ? change : whole;
}

}  // namespace

Status keep_manifest(const Slot& slot, const Manifest& manifest, const Manifest* base) {
  if (kept_manifest(slot, manifest.digest())) return {};
  DEPLOYCTL_CHECK(io::make_dirs(folder_of(slot), 0700));
  return io::write_file(file_of(slot, manifest.digest()), text_to_keep(slot, manifest, base), 0600);
}

Result<Manifest> kept_manifest(const Slot& slot, const Digest& artifact) {
  DEPLOYCTL_TRY(chain, read_chain(slot, artifact));
  auto manifest = follow(chain);
  if (!manifest) return fail(with_context(manifest.error(), file_of(slot, artifact)));
  if (manifest->digest() == artifact) return manifest;
  return fail(Code::verification, file_of(slot, artifact) + " is not the manifest that its name says");
}

Status forget_manifests(const Slot& slot, const std::vector<Digest>& artifacts) {
  std::set<std::string> needed;
  for (const auto& artifact : artifacts) {
    const auto chain = read_chain(slot, artifact);
    if (!chain && chain.error().code == Code::not_found) continue;
    if (!chain) return {};
    for (const auto& name : chain->names) needed.insert(name.hex() + ".json");
  }
  auto names = io::list_dir(folder_of(slot));
  if (!names && names.error().code == Code::not_found) return {};
  if (!names) return fail(names.error());
  Status first;  // the first failure; the other files are removed all the same
  for (const auto& name : *names) {
    if (needed.contains(name)) continue;
    if (auto removed = io::remove_file(folder_of(slot) + "/" + name); !removed && first) first = std::move(removed);
  }
  return first;
}

}  // namespace deployctl::target
