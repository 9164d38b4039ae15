#include "core/model/manifest_change.hpp"

#include <algorithm>

#include "core/model/entry_text.hpp"

namespace deployctl::model {
namespace {

constexpr std::string_view beginning = "{\"base\":\"sha256:";

Error misfit(const std::string& why) { return error(Code::invalid, "a change of a manifest " + why); }

// Reads a bracketed list with one item per line; `read` reads one item.
template <class Read>
void read_list(detail::CanonicalReader& reader, Read read) {
  reader.expect("[");
  if (!reader.next_is("\n]")) do {
      reader.expect("\n");
      read();
    } while (reader.skip(","));
  reader.expect("\n]");
}

template <class Items, class Write>
void write_list(std::string& text, const Items& items, Write write) {
  const char* between = "\n";
  text += '[';
  for (const auto& item : items) {
    text += between;
    write(item);
    between = ",\n";
  }
  text += "\n]";
}

}  // namespace

ManifestChange ManifestChange::between(const Manifest& base, const Manifest& next) {
  ManifestChange change{base.digest(), {}, {}};
  auto old = base.entries().begin();
  for (const auto& entry : next.entries()) {
    for (; old != base.entries().end() && old->path < entry.path; ++old) change.gone.push_back(old->path);
    const bool there = old != base.entries().end() && old->path == entry.path;
    if (!there || *old != entry) change.put.push_back(entry);
    if (there) ++old;
  }
  for (; old != base.entries().end(); ++old) change.gone.push_back(old->path);
  return change;
}

Result<Manifest> ManifestChange::apply(const Manifest& to) const {
  if (to.digest() != base) return fail(misfit("is one of " + base.text() + ", not of " + to.digest().text()));
  std::vector<Entry> entries;
  entries.reserve(to.entries().size() + put.size());
  auto leaving = gone.begin();
  auto coming = put.begin();
  for (const auto& old : to.entries()) {
    for (; coming != put.end() && coming->path < old.path; ++coming) entries.push_back(*coming);
    if (leaving != gone.end() && *leaving == old.path) {
      ++leaving;
    } else if (coming == put.end() || coming->path != old.path) {
      entries.push_back(old);
    }
  }
  entries.insert(entries.end(), coming, put.end());
  if (leaving != gone.end()) return fail(misfit("takes away '" + *leaving + "', which isn't there"));
  return Manifest::make(std::move(entries));
}

std::string ManifestChange::json() const {
  std::string text = std::string(beginning) + base.hex() + "\",\"gone\":";
  write_list(text, gone, [&](const std::string& path) { detail::write_string(text, path); });
  text += ",\"put\":";
  write_list(text, put, [&](const Entry& entry) { detail::write_entry(text, entry); });
  return text + ",\"format\":1}\n";
}

Result<ManifestChange> ManifestChange::parse(std::string_view json) {
  ManifestChange change;
  detail::CanonicalReader reader(json);
  reader.expect("{\"base\":");
  change.base = reader.prefixed_digest();
  reader.expect(",\"gone\":");
  read_list(reader, [&] { change.gone.push_back(reader.string()); });
  reader.expect(",\"put\":");
  read_list(reader, [&] { change.put.push_back(reader.entry()); });
  reader.expect(",\"format\":1}\n");
  if (reader.failed() || !reader.at_end()) return fail(misfit("is not spelled canonically"));
  if (!std::is_sorted(change.gone.begin(), change.gone.end()) ||
      !std::is_sorted(change.put.begin(), change.put.end(), detail::by_path))
    return fail(misfit("is not sorted by path"));
  return change;
}

Result<Digest> ManifestChange::base_of(std::string_view json) {
  detail::CanonicalReader reader(json);
  reader.expect("{\"base\":");
  const Digest base = reader.prefixed_digest();
  if (reader.failed()) return fail(misfit("is not spelled canonically"));
  return base;
}

bool ManifestChange::begins(std::string_view json) { return json.starts_with(beginning); }

}  // namespace deployctl::model
