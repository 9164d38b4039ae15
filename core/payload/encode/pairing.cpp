#include "core/payload/encode/pairing.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace deployctl::payload {
namespace {

using model::Entry;
using model::EntryType;

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// The digests of the base's files, and its nonempty files by name.
class OldFiles {
 public:
  explicit OldFiles(const model::Manifest* base) : base_(base) {
    if (!base_) return;
    for (const auto& entry : base_->entries()) {
      if (entry.type != EntryType::file) continue;
      contents_.insert(entry.content);
      if (entry.size > 0) by_name_[name_of(entry.path)].push_back(&entry);
    }
    // A stable sort keeps files of the same size in the order of their paths.
    for (auto& [name, files] : by_name_)
      std::stable_sort(files.begin(), files.end(), [](const Entry* a, const Entry* b) { return a->size < b->size; });
  }

  bool has(const Digest& content) const { return contents_.contains(content); }

  std::optional<BaseFile> of(const Entry& entry) const {
    if (!base_ || entry.size == 0) return {};
    if (const Entry* same = base_->find(entry.path); same && same->type == EntryType::file && same->size > 0)
      return BaseFile{same->content, same->size};
    const auto found = by_name_.find(name_of(entry.path));
    if (found == by_name_.end()) return {};
    const Entry* near = nearest(found->second, entry.size);
    return BaseFile{near->content, near->size};
  }

 private:
  // `files` is sorted by size and not empty.
  static const Entry* nearest(const std::vector<const Entry*>& files, std::uint64_t size) {
    const auto above =
        std::lower_bound(files.begin(), files.end(), size, [](const Entry* e, std::uint64_t n) { return e->size < n; });
    if (above == files.end()) return files.back();
    if (above == files.begin()) return *above;
    const auto below = std::prev(above);
    return size - (*below)->size < (*above)->size - size ? *below : *above;
  }

  const model::Manifest* base_;
  std::unordered_set<Digest> contents_;
  std::unordered_map<std::string_view, std::vector<const Entry*>> by_name_;
};

}  // namespace

Result<std::vector<Item>> contents_to_send(const model::Manifest& next, const model::Manifest* base) {
  const OldFiles old(base);
  std::vector<Item> items;
  std::unordered_map<Digest, std::size_t> known;
  for (const auto& entry : next.entries()) {
    if (entry.type != EntryType::file || old.has(entry.content)) continue;
    const auto [at, added] = known.try_emplace(entry.content, items.size());
    if (added) items.push_back({entry.content, entry.size, entry.path, {}});
    Item& item = items[at->second];
    if (item.size != entry.size)
      return fail(Code::invalid, "the manifest gives '" + entry.path + "' and '" + item.path +
                                     "' the same digest but not the same size");
    if (!item.old) item.old = old.of(entry);
  }
  return items;
}

}  // namespace deployctl::payload
