#include "agents/target/slot/kept_releases.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <map>
#include <set>

#include "agents/target/slot/json.hpp"
#include "agents/target/slot/kept_manifests.hpp"
#include "core/io/atomic_file.hpp"
#include "core/io/beneath.hpp"
#include "core/io/files.hpp"
#include "core/io/trusted_path.hpp"

namespace deployctl::target {
namespace {

constexpr std::int64_t billion = 1'000'000'000;
constexpr off_t many_receipts = 256 * 1024;  // bytes
constexpr std::size_t newest_receipts = 200;
constexpr std::size_t reported_receipts = 32;
constexpr std::size_t max_names = 32;
constexpr std::size_t longest_name = 1024;  // bytes

std::int64_t ns(const timespec& t) { return static_cast<std::int64_t>(t.tv_sec) * billion + t.tv_nsec; }

Json to_json(const Receipt& r) {
  return {{"time", r.time},       {"rollout", r.rollout},
          {"epoch", r.epoch},     {"folder", r.folder},
          {"release", r.release}, {"outcome", to_string(r.outcome)},
          {"kind", r.kind},       {"version", r.version},
          {"from", r.from},       {"from_release", r.from_release}};
}

Receipt receipt_from(const Json& json) {
  Receipt r;
  json.at("time").get_to(r.time);
  json.at("rollout").get_to(r.rollout);
  json.at("epoch").get_to(r.epoch);
  json.at("folder").get_to(r.folder);
  json.at("release").get_to(r.release);
  r.outcome = to_outcome(json.at("outcome").get<std::string>()).value_or(Outcome::broken);
  r.kind = json.value("kind", "");
  r.version = json.value("version", "");
  r.from = json.value("from", "");
  r.from_release = json.value("from_release", "");
  return r;
}

void apply(KeptRelease& kept, const std::vector<Receipt>& receipts) {
  for (const auto& receipt : receipts) {
    if (receipt.folder != kept.folder || receipt.outcome == Outcome::deactivated) continue;
    kept.failed = receipt.outcome != Outcome::active;
    kept.ended_at = receipt.time;
    if (receipt.outcome != Outcome::active) continue;
    kept.confirmed = true;
    kept.confirmed_at = receipt.time;
  }
}

// Wall clock, ms; 0 if the file does not exist.
std::int64_t written_at(const std::string& file) {
  struct stat st {};
  return ::stat(file.c_str(), &st) == 0 ? ns(st.st_mtim) / 1'000'000 : 0;
}

// Adds a name that the release got after it was staged; the newest is the last. A name that exists is moved to the end.
std::vector<std::string> with_name(std::vector<std::string> names, const std::string& name) {
  std::erase(names, name);
  names.push_back(name);
  if (names.size() > max_names) names.erase(names.begin(), names.end() - static_cast<std::ptrdiff_t>(max_names));
  return names;
}

// An unreadable file loses only the names: the release is identified by its digest.
std::vector<std::string> read_names(const Slot& slot, const std::string& folder) {
  using Names = std::vector<std::string>;
  const std::string file = slot.about(folder) + "/names.json";
  const auto text = io::read_own_file(file);
  if (!text) return {};
  return read_json<Names>(*text, file, [](const Json& json) { return json.at("names").get<Names>(); })
      .value_or(Names{});
}

Status write_names(const Slot& slot, const std::string& folder, const std::vector<std::string>& names) {
  return io::write_file(slot.about(folder) + "/names.json", dump({{"names", names}}) + "\n", 0600);
}

KeptRelease look_at(const Slot& slot, const std::string& folder, const std::vector<Receipt>& receipts) {
  KeptRelease kept;
  kept.folder = folder;
  const std::string file = slot.about(folder) + "/release.json";
  auto text = io::read_own_file(file);
  if (text) {
    while (!text->empty() && text->back() == '\n') text->pop_back();
    auto release = model::Release::parse(*text);
    if (release) {
      kept.release = std::move(*release);
      kept.names = {kept.release->version};
      for (const auto& name : read_names(slot, folder)) kept.names = with_name(std::move(kept.names), name);
    } else
      kept.unreadable = with_context(release.error(), file);
    kept.staged_at = written_at(file);
    if (const auto sealed = sealed_at(slot, folder)) kept.sealed_at = *sealed / 1'000'000;
  } else if (text.error().code != Code::not_found) {
    kept.unreadable = text.error();
  }
  apply(kept, receipts);
  return kept;
}

// Of each release kept here its last outcome and its last healthy activation; of all others the newest.
std::vector<Receipt> worth_keeping(const Slot& slot, const std::vector<Receipt>& receipts) {
  std::set<std::size_t> keep;
  std::map<std::pair<std::string, bool>, std::size_t> last;
  for (std::size_t i = 0; i < receipts.size(); ++i) {
    if (i + newest_receipts >= receipts.size()) keep.insert(i);
    if (receipts[i].outcome == Outcome::deactivated || !io::exists(slot.release(receipts[i].folder))) continue;
    last[{receipts[i].folder, receipts[i].outcome == Outcome::active}] = i;
  }
  for (const auto& [what, i] : last) keep.insert(i);
  std::vector<Receipt> kept;
  for (const auto i : keep) kept.push_back(receipts[i]);
  return kept;
}

Status shorten_receipts(const Slot& slot) {
  DEPLOYCTL_TRY(all, read_receipts(slot));
  std::string text;
  for (const auto& receipt : worth_keeping(slot, all)) text += dump(to_json(receipt)) + "\n";
  return io::write_file(slot.state("receipts"), text, 0600);
}

}  // namespace

Status append_receipt(const Slot& slot, const Receipt& receipt) {
  DEPLOYCTL_TRY(fd, io::open_fd(slot.state("receipts"), O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, 0600));
  DEPLOYCTL_CHECK(io::check_own_file(fd.get(), slot.state("receipts")));
  // Starts a new line, so that a line that a crash cut short does not swallow this one.
  char last = '\n';
  const off_t size = ::lseek(fd.get(), 0, SEEK_END);
  if (size > 0 && ::pread(fd.get(), &last, 1, size - 1) != 1) return fail(os_error(errno, "read the receipts"));
  const std::string line = (last == '\n' ? "" : "\n") + dump(to_json(receipt)) + "\n";
  DEPLOYCTL_CHECK(io::write_all(fd.get(), as_bytes(line)));
  if (::fsync(fd.get()) != 0) return fail(os_error(errno, "fsync the receipts"));
  if (size > many_receipts) return shorten_receipts(slot);
  return io::fsync_dir(slot.path() + "/.deployctl");
}

Result<std::vector<Receipt>> read_receipts(const Slot& slot) {
  const std::string file = slot.state("receipts");
  std::vector<Receipt> receipts;
  auto text = io::read_own_file(file, 1024ULL * 1024 * 1024);
  if (!text && text.error().code == Code::not_found) return receipts;
  if (!text) return fail(text.error());
  for (std::size_t at = 0; at < text->size();) {
    const auto end = std::min(text->find('\n', at), text->size());
    auto receipt = read_json<Receipt>(std::string_view(*text).substr(at, end - at), file, receipt_from);
    // Skips a line torn by a crash: the journal of that activation is unfinished.
    if (receipt) receipts.push_back(std::move(*receipt));
    at = end + 1;
  }
  return receipts;
}

std::vector<Receipt> recent_receipts(const std::vector<Receipt>& receipts, const std::vector<KeptRelease>& kept) {
  std::set<std::size_t> chosen;
  for (std::size_t i = receipts.size() - std::min(receipts.size(), reported_receipts); i < receipts.size(); ++i)
    chosen.insert(i);
  for (const auto& one : kept)
    for (std::size_t i = receipts.size(); i-- > 0;)
      if (receipts[i].folder == one.folder) {
        chosen.insert(i);
        break;
      }
  std::vector<Receipt> out;
  for (const auto i : chosen) out.push_back(receipts[i]);
  return out;
}

Result<std::vector<KeptRelease>> kept_releases(const Slot& slot) {
  std::vector<KeptRelease> kept;
  auto names = io::list_dir(slot.releases());
  if (!names && names.error().code == Code::not_found) return kept;
  if (!names) return fail(names.error());
  DEPLOYCTL_TRY(receipts, read_receipts(slot));
  for (const auto& name : *names) {
    struct stat st {};
    if (name.front() == '.' || ::lstat(slot.release(name).c_str(), &st) != 0 || !S_ISDIR(st.st_mode)) continue;
    kept.push_back(look_at(slot, name, receipts));
  }
  return kept;
}

Result<KeptRelease> kept_release(const Slot& slot, const std::string& folder) {
  DEPLOYCTL_TRY(all, kept_releases(slot));
  for (auto& one : all)
    if (one.folder == folder) return std::move(one);
  return fail(Code::not_found, "there is no release folder " + slot.release(folder));
}

Result<KeptRelease> kept_release(const Slot& slot, const Digest& release) {
  DEPLOYCTL_TRY(all, kept_releases(slot));
  for (auto& one : all)
    if (one.release && one.release->digest() == release) return std::move(one);
  return fail(Code::not_found, "release " + release.text() + " is not in " + slot.releases());
}

Status add_name(const Slot& slot, const std::string& folder, const std::string& version) {
  DEPLOYCTL_TRY(kept, kept_release(slot, folder));
  if (!kept.release || version.empty() || kept.version() == version) return {};
  if (version.size() > longest_name)
    return fail(Code::invalid, "a version of " + std::to_string(version.size()) + " bytes is too long");
  return write_names(slot, folder, with_name(std::move(kept.names), version));
}

Status write_metadata(const Slot& slot, const model::Release& release, const model::Manifest& manifest,
                      const model::Manifest* base) {
  const std::string about = slot.about(release.folder());
  DEPLOYCTL_CHECK(io::make_dirs(about, 0700));
  // Comes first: a damaged tree of this name must not become sealed if a crash interrupts the commit.
  if (io::exists(about + "/sealed.json")) {
    DEPLOYCTL_CHECK(io::remove_file(about + "/sealed.json"));
    DEPLOYCTL_CHECK(io::fsync_dir(about));
  }
  DEPLOYCTL_CHECK(keep_manifest(slot, manifest, base));
  auto names = read_names(slot, release.folder());  // from an earlier staging of the same content
  if (!names.empty()) {
    DEPLOYCTL_CHECK(write_names(slot, release.folder(), with_name(std::move(names), release.version)));
  }
  DEPLOYCTL_CHECK(io::write_file(about + "/release.json", release.json() + "\n", 0600));
  return io::fsync_dir(slot.state("releases"));
}

Status seal(const Slot& slot, const std::string& folder, std::int64_t at) {
  return io::write_file(slot.about(folder) + "/sealed.json", dump({{"sealed_ns", at}}) + "\n", 0600);
}

std::int64_t seal_time() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return ns(now);
}

Result<std::int64_t> sealed_at(const Slot& slot, const std::string& folder) {
  const std::string file = slot.about(folder) + "/sealed.json";
  auto text = io::read_own_file(file);
  if (!text && text.error().code == Code::not_found)
    return fail(with_hint(error(Code::verification, "release " + folder + " was never staged to its end"),
                          "stage the release again"));
  if (!text) return fail(text.error());
  const auto read = [](const Json& json) { return json.at("sealed_ns").get<std::int64_t>(); };
  return read_json<std::int64_t>(*text, file, read);
}

bool is_as_sealed(const struct stat& status, const model::Entry& file, std::int64_t sealed) {
  return S_ISREG(status.st_mode) && static_cast<std::uint64_t>(status.st_size) == file.size &&
         ns(status.st_mtim) <= sealed;
}

}  // namespace deployctl::target
