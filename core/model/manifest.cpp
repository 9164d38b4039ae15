#include "core/model/manifest.hpp"

#include <algorithm>
#include <set>

#include "core/model/json.hpp"

namespace deployctl::model {
namespace {

using detail::Json;

Error bad(const Entry& entry, const std::string& why) {
  return error(Code::invalid, "artifact path '" + entry.path + "' " + why);
}

// Neither empty, absolute, nor with an empty, "." or ".." part.
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

// A link may climb at its beginning only, and never above the root. Below a name ".." is refused: that name may be
// a link itself, and then the text would not tell where it leads.
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

bool right_mode(const Entry& entry) {
  switch (entry.type) {
    case EntryType::file: return entry.mode == 0644 || entry.mode == 0755;
    case EntryType::folder: return entry.mode == 0755;
    case EntryType::link: return entry.mode == 0777;
  }
  return false;
}

Status check(const Entry& entry) {
  if (!plain_path(entry.path)) return fail(bad(entry, "is not a plain relative path"));
  if (!right_mode(entry)) return fail(bad(entry, "has a mode other than 0644, 0755 (0755 for folders, 0777 for links)"));
  const bool file = entry.type == EntryType::file;
  if (!file && (entry.size != 0 || !entry.content.empty())) return fail(bad(entry, "is no file but has contents"));
  if (file && entry.content.empty()) return fail(bad(entry, "has no digest"));
  if (entry.type == EntryType::link && !link_stays_inside(entry))
    return fail(bad(entry, "is a link to '" + entry.link + "', which leads out of the artifact"));
  if (entry.type != EntryType::link && !entry.link.empty()) return fail(bad(entry, "is no link but has a link target"));
  return {};
}

void add_missing_folders(std::vector<Entry>& entries) {
  std::set<std::string> known;
  for (const auto& entry : entries) known.insert(entry.path);
  for (std::size_t i = 0, n = entries.size(); i < n; ++i) {
    const std::string path = entries[i].path;
    for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
      Entry folder{path.substr(0, slash), EntryType::folder, 0755, 0, {}, {}};
      if (known.insert(folder.path).second) entries.push_back(std::move(folder));
    }
  }
}

Status check_tree(const std::vector<Entry>& sorted) {
  std::set<std::string_view> leaves;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const Entry& entry = sorted[i];
    if (i > 0 && sorted[i - 1].path == entry.path) return fail(bad(entry, "is there twice"));
    if (entry.type != EntryType::folder) leaves.insert(entry.path);
  }
  for (const auto& entry : sorted)
    for (auto slash = entry.path.find('/'); slash != std::string::npos; slash = entry.path.find('/', slash + 1))
      if (leaves.contains(std::string_view(entry.path).substr(0, slash)))
        return fail(bad(entry, "lies beneath what is no folder"));
  return {};
}

Json to_json(const Entry& e) {
  switch (e.type) {
    case EntryType::folder: return {{"path", e.path}, {"type", "folder"}, {"mode", e.mode}};
    case EntryType::link: return {{"path", e.path}, {"type", "link"}, {"mode", e.mode}, {"link", e.link}};
    case EntryType::file: break;
  }
  return {{"path", e.path}, {"type", "file"}, {"mode", e.mode}, {"size", e.size}, {"sha256", e.content.hex()}};
}

Entry entry_from(const Json& json) {
  Entry e;
  e.path = json.at("path").get<std::string>();
  e.mode = json.at("mode").get<unsigned>();
  const auto type = json.at("type").get<std::string>();
  if (type == "folder") {
    e.type = EntryType::folder;
  } else if (type == "link") {
    e.type = EntryType::link;
    e.link = json.at("link").get<std::string>();
  } else {
    e.size = json.at("size").get<std::uint64_t>();
    e.content = Digest::parse(json.at("sha256").get<std::string>()).value_or(Digest{});
  }
  return e;
}

std::vector<Entry> entries_from(const Json& json) {
  std::vector<Entry> entries;
  for (const auto& entry : json.at("entries")) entries.push_back(entry_from(entry));
  return entries;
}

// JSON holds UTF-8 only: a path of other bytes can't be written canonically, so it is refused where it comes in.
Status check_spelling(const std::vector<Entry>& entries) {
  for (const auto& entry : entries) {
    try {
      (void)detail::dump(to_json(entry));
    } catch (const Json::exception&) {
      return fail(bad(entry, "is not UTF-8"));
    }
  }
  return {};
}

}  // namespace

Result<Manifest> Manifest::make(std::vector<Entry> entries) {
  for (const auto& entry : entries) {
    DEPLOYCTL_CHECK(check(entry));
  }
  DEPLOYCTL_CHECK(check_spelling(entries));
  add_missing_folders(entries);
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.path < b.path; });
  DEPLOYCTL_CHECK(check_tree(entries));
  Manifest manifest;
  manifest.entries_ = std::move(entries);
  return manifest;
}

Result<Manifest> Manifest::parse(std::string_view text) {
  DEPLOYCTL_TRY(entries, detail::read_json<std::vector<Entry>>(text, "a manifest", entries_from));
  DEPLOYCTL_TRY(manifest, make(std::move(entries)));
  if (manifest.json() != text) return fail(Code::invalid, "a manifest is not spelled canonically");
  return manifest;
}

const Entry* Manifest::find(std::string_view path) const {
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), path,
                                   [](const Entry& e, std::string_view p) { return e.path < p; });
  return at != entries_.end() && at->path == path ? &*at : nullptr;
}

// One entry a line: a person can read a manifest, and a diff of two says what changed.
std::string Manifest::json() const {
  std::string text = "{\"entries\":[";
  const char* between = "\n";
  for (const auto& entry : entries_) {
    text += between + detail::dump(to_json(entry));
    between = ",\n";
  }
  return text + "\n],\"format\":1}\n";
}

Digest Manifest::digest() const { return sha256(json()); }

std::uint64_t Manifest::total_size() const {
  std::uint64_t total = 0;
  for (const auto& entry : entries_) total += entry.size;
  return total;
}

}  // namespace deployctl::model
