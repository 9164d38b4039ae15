#include "core/payload/cache/encode_job.hpp"

#include <poll.h>
#include <unistd.h>

#include "core/io/files.hpp"
#include "core/io/flock.hpp"
#include "core/payload/encode/encode.hpp"
#include "core/payload/format/file_source.hpp"

namespace deployctl::payload {
namespace {

using Source = std::shared_ptr<ChunkSource>;

constexpr int lock_poll_ms = 100;

// Another process may hold the lock for minutes, and blocking in flock() could not be cancelled.
Result<io::FileLock> lock(const std::string& path, const io::CancelToken& cancel) {
  while (true) {
    auto taken = io::FileLock::try_lock(path, "process " + std::to_string(::getpid()));
    if (taken || taken.error().code != Code::locked) return taken;
    pollfd ended{cancel.fd(), POLLIN, 0};
    (void)::poll(&ended, 1, lock_poll_ms);
    if (cancel.cancelled()) return fail(Code::cancelled, "waiting for " + path + " was cancelled");
  }
}

// Removes temporary files of processes that were killed while they wrote this payload. The caller holds its lock.
void sweep(const std::string& dir, const std::string& name) {
  const auto names = io::list_dir(dir);
  if (!names) return;
  for (const auto& left : *names)
    if (left.starts_with("." + name + ".tmp-") || left.starts_with("." + name + ".index.tmp-"))
      (void)io::remove_file(dir + "/" + left);
}

Result<std::optional<model::Manifest>> base_manifest(const EncodeJob& making) {
  if (!making.base) return std::nullopt;
  auto manifest = making.manifests(*making.base);
  if (manifest) return std::optional(std::move(*manifest));
  if (manifest.error().code != Code::not_found) return fail(manifest.error());
  return fail(with_hint(error(Code::not_found, "base artifact " + making.base->text() + " is not in this store"),
                        "send a payload that needs no base"));
}

Result<Source> make_alone(const EncodeJob& making, const std::string& path) {
  DEPLOYCTL_TRY(held, lock(path + ".lock", making.cancel));
  auto there = open_payload(path);
  if (there || there.error().code != Code::not_found) return there;
  sweep(making.dir, making.name);
  DEPLOYCTL_TRY(next, making.manifests(making.next));
  DEPLOYCTL_TRY(base, base_manifest(making));
  EncodeOptions options;
  options.preference = making.preference;
  options.cancel = making.cancel;
  options.growing = making.growing;
  DEPLOYCTL_TRY(index, encode(next, base ? &*base : nullptr, making.contents, path, options));
  return open_file_source(path, std::move(index));
}

Result<Source> find_or_make(const EncodeJob& making) {
  const std::string path = making.dir + "/" + making.name;
  if (making.smallest != making.name) {
    auto smallest = open_payload(making.dir + "/" + making.smallest);
    if (smallest) return smallest;
  }
  auto there = open_payload(path);
  if (there || there.error().code != Code::not_found) return there;
  DEPLOYCTL_CHECK(io::make_dirs(making.dir));
  return make_alone(making, path);
}

std::string work_name(const EncodeJob& making) {
  return "the payload of artifact " + making.next.text() + (making.base ? " from " + making.base->text() : "");
}

}  // namespace

Result<Source> open_payload(const std::string& path) {
  DEPLOYCTL_TRY(index, read_index(path));
  return open_file_source(path, std::move(index));
}

Result<Source> make_payload(const EncodeJob& making) {
  try {
    auto made = find_or_make(making);
    if (made) return made;
    return fail(with_context(made.error(), work_name(making)));
  } catch (const std::exception& e) {
    return fail(with_context(error(Code::internal, e.what()), work_name(making)));
  }
}

}  // namespace deployctl::payload
