#include "core/model/manifest.hpp"

#include <algorithm>
#include <iterator>
#include <unordered_set>

#include "core/model/entry_text.hpp"

namespace deployctl::model {
namespace {

constexpr std::size_t shortest_line = std::string_view(R"({"mode":493,"path":"a","type":"folder"},)").size();

Error bad(const Entry& entry, const std::string& why) {
  return error(Code::invalid, "artifact path '" + entry.path + "' " + why);
}

// A relative path without empty, "." or ".." components.
bool plain_path(std::string_view path) {
  if (path.empty() || path.size() > 4096 || path.find('\0') != std::string_view::npos) return false;
  for (std::size_t at = 0; at <= path.size();) {
    const auto slash = std::min(path.find('/', at), path.size());
    const auto part = path.substr(at, slash - at);
    if (part.empty() || part == "." || part == ".." || part.size() > 255) return false;
    at = slash + 1;
  }
  return true;
}

// A link may use ".." only at its beginning, and never above the root. After a name ".." is refused, because the name
// may itself be a link, and then the text doesn't say where it leads.
bool link_stays_inside(const Entry& entry) {
  if (entry.link.empty() || entry.link.front() == '/' || entry.link.find('\0') != std::string::npos) return false;
  auto depth = std::count(entry.path.begin(), entry.path.end(), '/');
  bool named = false;
  for (std::size_t at = 0; at <= entry.link.size();) {
    const auto slash = std::min(entry.link.find('/', at), entry.link.size());
    const auto part = std::string_view(entry.link).substr(at, slash - at);
    if (part == ".." && (named || --depth < 0)) return false;
    named = named || (!part.empty() && part != "." && part != "..");
    at = slash + 1;
  }
  return true;
}

bool is_one_of(unsigned mode, std::initializer_list<unsigned> all) {
  return std::find(all.begin(), all.end(), mode) != all.end();
}

bool right_mode(const Entry& entry) {
  switch (entry.type) {
    case EntryType::file:
      return is_one_of(entry.mode, {0644, 0755, 0640, 0750, 0600, 0700});
    case EntryType::folder:
      return is_one_of(entry.mode, {0755, 0750, 0700});
    case EntryType::link:
      return entry.mode == 0777;
  }
  return false;
}

Status check(const Entry& entry) {
  if (!plain_path(entry.path)) return fail(bad(entry, "is not a plain relative path"));
  if (!right_mode(entry))
    return fail(bad(entry,
                    "has a mode that no artifact holds: files have 0644 or 0755, folders 0755, both also without "
                    "rights for others or the group; links 0777"));
  const bool file = entry.type == EntryType::file;
  if (!file && (entry.size != 0 || !entry.content.empty())) return fail(bad(entry, "is no file but has contents"));
  if (file && entry.content.empty()) return fail(bad(entry, "has no digest"));
  if (entry.type == EntryType::link && !link_stays_inside(entry))
    return fail(bad(entry, "is a link to '" + entry.link + "', which leads out of the artifact"));
  if (entry.type != EntryType::link && !entry.link.empty()) return fail(bad(entry, "is no link but has a link target"));
  return {};
}

const Entry* entry_at(const std::vector<Entry>& sorted, std::string_view path) {
  const auto at = std::lower_bound(sorted.begin(), sorted.end(), path,
                                   [](const Entry& e, std::string_view p) { return e.path < p; });
  return at != sorted.end() && at->path == path ? &*at : nullptr;
}

// Neighbors are mostly in the same folder, which is then looked up once.
std::vector<Entry> missing_folders(const std::vector<Entry>& sorted) {
  std::unordered_set<std::string_view> known;
  for (const auto& entry : sorted)
    if (entry.type == EntryType::folder) known.insert(entry.path);
  std::vector<Entry> missing;
  std::string_view last;
  for (const auto& entry : sorted) {
    const std::string_view path = entry.path;
    const auto folder = path.substr(0, std::min(path.rfind('/'), path.size()));
    if (folder == path || folder == last) continue;
    last = folder;
    for (auto above = folder; known.insert(above).second; above = above.substr(0, above.rfind('/'))) {
      if (!entry_at(sorted, above)) missing.push_back({std::string(above), EntryType::folder, 0755, 0, {}, {}});
      if (above.find('/') == std::string_view::npos) break;
    }
  }
  return missing;
}

Status check_tree(const std::vector<Entry>& sorted) {
  std::unordered_set<std::string_view> folders;
  for (const auto& entry : sorted)
    if (entry.type == EntryType::folder) folders.insert(entry.path);
  std::string_view last;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const Entry& entry = sorted[i];
    if (i > 0 && sorted[i - 1].path == entry.path) return fail(bad(entry, "is there twice"));
    const auto slash = entry.path.rfind('/');
    if (slash == std::string::npos) continue;
    const auto parent = std::string_view(entry.path).substr(0, slash);
    if (parent == last) continue;
    if (!folders.contains(parent)) return fail(bad(entry, "lies beneath what is no folder"));
    last = parent;
  }
  return {};
}

// JSON holds only UTF-8, so other paths can't be written canonically and are refused early.
Status check_spelling(const Entry& entry) {
  if (!detail::is_utf8(entry.path) || !detail::is_utf8(entry.link)) return fail(bad(entry, "is not UTF-8"));
  return {};
}

Status check_each(const std::vector<Entry>& entries) {
  for (const auto& entry : entries) {
    DEPLOYCTL_CHECK(check(entry));
    DEPLOYCTL_CHECK(check_spelling(entry));
  }
  return {};
}

bool is_sorted(const std::vector<Entry>& entries) {
  return std::is_sorted(entries.begin(), entries.end(), detail::by_path);
}
void sort(std::vector<Entry>& entries) {
  if (!is_sorted(entries)) std::sort(entries.begin(), entries.end(), detail::by_path);
}

Result<std::vector<Entry>> read_entries(std::string_view text) {
  detail::CanonicalReader reader(text);
  std::vector<Entry> entries;
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  entries.reserve(std::min(lines, text.size() / shortest_line));
  reader.expect("{\"entries\":[");
  if (reader.next_is("\n{")) do {
      reader.expect("\n");
      entries.push_back(reader.entry());
    } while (reader.skip(","));
  reader.expect("\n],\"format\":1}\n");
  if (!reader.failed() && reader.at_end()) return entries;
  return fail(Code::invalid, "a manifest is not spelled canonically, after entry " + std::to_string(entries.size()));
}

}  // namespace

Result<Manifest> Manifest::make(std::vector<Entry> entries) {
  DEPLOYCTL_CHECK(check_each(entries));
  sort(entries);
  auto missing = missing_folders(entries);
  if (!missing.empty()) {
    std::move(missing.begin(), missing.end(), std::back_inserter(entries));
    sort(entries);
  }
  DEPLOYCTL_CHECK(check_tree(entries));
  Manifest manifest;
  manifest.entries_ = std::move(entries);
  manifest.digest_ = sha256(manifest.json());
  return manifest;
}

Result<Manifest> Manifest::parse(std::string_view text) {
  DEPLOYCTL_TRY(entries, read_entries(text));
  if (!is_sorted(entries)) return fail(Code::invalid, "a manifest is not sorted by path");
  DEPLOYCTL_CHECK(check_each(entries));
  if (!missing_folders(entries).empty()) return fail(Code::invalid, "a manifest lacks some of its folders");
  DEPLOYCTL_CHECK(check_tree(entries));
  Manifest manifest;
  manifest.entries_ = std::move(entries);
  manifest.digest_ = sha256(text);
  return manifest;
}

const Entry* Manifest::find(std::string_view path) const { return entry_at(entries_, path); }

// One entry per line, so that manifests are readable and can be compared with diff.
std::string Manifest::json() const {
  std::string text = "{\"entries\":[";
  text.reserve(160 * (entries_.size() + 1));
  const char* between = "\n";
  for (const auto& entry : entries_) {
    text += between;
    detail::write_entry(text, entry);
    between = ",\n";
  }
  text += "\n],\"format\":1}\n";
  return text;
}

bool Manifest::has_private_modes() const {
  return std::any_of(entries_.begin(), entries_.end(), [](const Entry& entry) { return (entry.mode & 0005) == 0; });
}

std::uint64_t Manifest::total_size() const {
  std::uint64_t total = 0;
  for (const auto& entry : entries_) total += entry.size;
  return total;
}

}  // namespace deployctl::model
