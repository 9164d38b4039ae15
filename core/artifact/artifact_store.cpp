#include "core/artifact/artifact_store.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "core/artifact/records.hpp"
#include "core/artifact/store_lock.hpp"
#include "core/io/files.hpp"
#include "core/store/local/local_store.hpp"

namespace deployctl::artifact {
namespace {

using model::EntryType;

Error none(const std::string& name, const std::string& dir) {
  return with_hint(error(Code::not_found, "no artifact '" + name + "' in " + dir),
                   "`deployctl artifact list` shows them");
}

std::string about(const ArtifactRecord& r) {
  return r.digest.text().substr(0, 19) + " (" + r.service + " " + r.version + ")";
}

bool named(const ArtifactRecord& record, const std::string& name, const std::string& hex) {
  const bool prefix = hex.size() >= 4 && record.digest.hex().starts_with(hex);
  return prefix || record.version == name;
}

std::vector<Digest> contents_of(const model::Manifest& manifest) {
  std::vector<Digest> all;
  for (const auto& entry : manifest.entries())
    if (entry.type == EntryType::file) all.push_back(entry.content);
  return all;
}

std::size_t file_count(const model::Manifest& manifest) {
  return static_cast<std::size_t>(std::count_if(manifest.entries().begin(), manifest.entries().end(),
                                                [](const auto& e) { return e.type == EntryType::file; }));
}

}  // namespace

Result<ArtifactStore> ArtifactStore::open(const std::string& dir) {
  DEPLOYCTL_TRY(blobs, store::open_local_store(dir));
  return ArtifactStore(dir, std::move(blobs));
}

Result<std::vector<ArtifactRecord>> ArtifactStore::list() const {
  DEPLOYCTL_TRY(files, read_records(dir_));
  std::vector<ArtifactRecord> records;
  for (auto& file : files) records.push_back(std::move(file.record));
  return records;
}

Result<ArtifactRecord> ArtifactStore::find(const std::string& name) const {
  DEPLOYCTL_TRY(records, list());
  const std::string hex = name.starts_with("sha256:") ? name.substr(7) : name;
  std::map<Digest, ArtifactRecord> fit;  // the newest record of each digest
  for (const auto& record : records)
    if (named(record, name, hex)) fit.emplace(record.digest, record);
  if (fit.empty()) return fail(none(name, dir_));
  if (fit.size() == 1) return fit.begin()->second;
  std::string all;
  for (const auto& [digest, record] : fit) all += (all.empty() ? "" : ", ") + about(record);
  return fail(
      with_hint(error(Code::invalid, "'" + name + "' may be " + std::to_string(fit.size()) + " artifacts: " + all),
                "write more of the digest"));
}

Result<model::Manifest> ArtifactStore::manifest(const Digest& artifact) const {
  auto text = blobs_->get_text(artifact);
  if (!text && text.error().code == Code::not_found) return fail(none(artifact.text(), dir_));
  if (!text) return fail(with_context(text.error(), "manifest of artifact " + artifact.text()));
  return model::Manifest::parse(*text);
}

payload::OpenContent ArtifactStore::contents() const {
  return [blobs = blobs_](const Digest& content) { return blobs->open(content); };
}

Result<bool> ArtifactStore::complete(const Digest& artifact) const {
  auto manifest = this->manifest(artifact);
  if (!manifest) {
    const Code code = manifest.error().code;
    if (code == Code::not_found || code == Code::verification) return false;
    return fail(manifest.error());
  }
  DEPLOYCTL_TRY(missing, blobs_->find_missing(contents_of(*manifest)));
  return missing.empty();
}

// Stores every file and returns the manifest of the stored bytes, which may differ from what collect() saw.
Result<model::Manifest> ArtifactStore::put(const std::vector<Found>& found) {
  std::vector<std::string> paths;
  for (const auto& one : found)
    if (one.entry.type == EntryType::file) paths.push_back(one.source);
  DEPLOYCTL_TRY(digests, blobs_->put_files(paths));
  std::vector<model::Entry> entries;
  auto digest = digests.begin();
  for (const auto& one : found) {
    entries.push_back(one.entry);
    if (one.entry.type != EntryType::file) continue;
    entries.back().content = *digest++;
    DEPLOYCTL_TRY(blob, blobs_->open(entries.back().content));
    struct stat st {};
    if (::fstat(blob.get(), &st) != 0) return fail(os_error(errno, "look at the blob of " + one.source));
    entries.back().size = static_cast<std::uint64_t>(st.st_size);
  }
  return model::Manifest::make(std::move(entries));
}

Result<ArtifactRecord> ArtifactStore::add(const std::vector<Found>& found, ArtifactRecord record) {
  DEPLOYCTL_TRY(lock, StoreLock::share(dir_));
  DEPLOYCTL_TRY(manifest, put(found));
  DEPLOYCTL_TRY(digest, blobs_->put_text(manifest.json()));
  record.digest = digest;
  record.size = manifest.total_size();
  record.files = file_count(manifest);
  DEPLOYCTL_CHECK(write_record(dir_, record));
  return record;
}

Status ArtifactStore::add(const std::string& dir, const model::Manifest& manifest, const ArtifactRecord& record) {
  DEPLOYCTL_TRY(lock, StoreLock::share(dir_));
  std::vector<Found> found;
  for (const auto& entry : manifest.entries()) found.push_back({entry, dir + "/" + entry.path});
  DEPLOYCTL_TRY(made, put(found));
  for (const auto& entry : manifest.entries())
    if (*made.find(entry.path) != entry)
      return fail(Code::verification, dir + "/" + entry.path + " is not what the manifest says");
  DEPLOYCTL_TRY(digest, blobs_->put_text(manifest.json()));
  ArtifactRecord whole = record;
  whole.digest = digest;
  whole.size = manifest.total_size();
  whole.files = file_count(manifest);
  return write_record(dir_, whole);
}

Status ArtifactStore::note(ArtifactRecord record) {
  DEPLOYCTL_TRY(lock, StoreLock::share(dir_));
  DEPLOYCTL_TRY(records, list());
  for (const auto& known : records)
    if (known.digest == record.digest && known.service == record.service && known.version == record.version &&
        known.commit == record.commit)
      return {};
  DEPLOYCTL_TRY(manifest, this->manifest(record.digest));
  record.size = manifest.total_size();
  record.files = file_count(manifest);
  return write_record(dir_, record);
}

Status ArtifactStore::verify(const Digest& artifact) const {
  DEPLOYCTL_TRY(manifest, this->manifest(artifact));
  std::size_t bad = 0;
  std::string first;
  for (const auto& entry : manifest.entries()) {
    if (entry.type != EntryType::file) continue;
    const auto right = blobs_->verify(entry.content);
    if (right) continue;
    const Code code = right.error().code;
    if (code != Code::not_found && code != Code::verification) return fail(with_context(right.error(), entry.path));
    if (bad++ < 3)
      first += (bad == 1 ? ": " : ", ") + entry.path + (code == Code::not_found ? " is missing" : " is damaged");
  }
  if (bad == 0) return {};
  return fail(with_hint(
      error(Code::verification, "artifact " + artifact.text() + ": " + std::to_string(bad) + " of " +
                                    std::to_string(file_count(manifest)) + " files" + first + (bad > 3 ? ", ..." : "")),
      "build it anew: what is damaged is replaced"));
}

}  // namespace deployctl::artifact
