#include "core/builder/build.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "core/artifact/build_cache.hpp"
#include "core/artifact/collect.hpp"
#include "core/builder/build_key.hpp"
#include "core/builder/build_steps.hpp"
#include "core/builder/foreign_code.hpp"
#include "core/builder/version.hpp"
#include "core/builder/work_slot.hpp"
#include "core/git/checkout.hpp"
#include "core/git/mirror.hpp"
#include "core/io/files.hpp"
#include "core/model/linked_paths.hpp"
#include "core/secret/resolve.hpp"

namespace deployctl::builder {
namespace {

constexpr std::size_t max_logs = 200;

// The token of an https repository is sent only to its own host, and is read only when the host requests it.
git::Limits limits_for(const model::Build& build, io::CancelToken cancel) {
  git::Limits limits;
  limits.cancel = std::move(cancel);
  const auto url = git::parse_url(build.repo);
  if (build.token.empty() || !url || url->kind != git::Url::Kind::https) return limits;
  limits.token_host = url->port == 0 ? url->host : url->host + ":" + std::to_string(url->port);
  limits.token = [token = build.token] { return secret::resolve(token); };
  return limits;
}

Error at_ref(Error e, const model::Build& build) {
  if (e.code == Code::invalid && build.ref_mark.line != 0) e.context.push_back(build.ref_mark.text());
  return e;
}

bool full_id(const std::string& ref) {
  return ref.size() == 40 && std::all_of(ref.begin(), ref.end(), [](unsigned char c) { return std::isxdigit(c); });
}

Result<std::string> pin(git::Mirror& mirror, const model::Build& build, const git::Limits& limits) {
  // A commit that is in the mirror can't have changed, so no fetch is needed.
  if (!full_id(build.ref) || !mirror.has(build.ref)) {
    DEPLOYCTL_CHECK(mirror.fetch(limits));
  }
  auto commit = mirror.resolve(build.ref);
  if (!commit && commit.error().code != Code::verification) return fail(at_ref(commit.error(), build));
  if (commit && mirror.has(*commit)) return commit;
  DEPLOYCTL_CHECK(mirror.remake(limits));
  commit = mirror.resolve(build.ref);
  if (!commit) return fail(at_ref(commit.error(), build));
  return commit;
}

// A name for a folder or file: [A-Za-z0-9._-], not hidden.
std::string safe_name(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return !std::isalnum(c) && c != '.' && c != '_' && c != '-'; },
      '-');
  if (text.empty() || text.front() == '.') text.insert(text.begin(), '_');
  return text.substr(0, 100);
}

// One build, from fetching the mirror to the stored artifact.
class Building {
 public:
  Building(const BuildRequest& request, artifact::ArtifactStore& store, const BuildPlaces& places, BuildWatch& watch,
           io::CancelToken cancel)
      : request_(request), store_(store), places_(places), watch_(watch), cancel_(std::move(cancel)) {}

  Result<Built> run();

 private:
  std::size_t step_count() const {
    return request_.pre_build.run.size() + request_.build.steps.size() + request_.post_build.run.size() + 3;
  }
  git::Limits limits() {
    git::Limits limits = limits_for(request_.build, cancel_);
    limits.said = [this](std::string_view text) { watch_.output(text); };
    return limits;
  }
  Result<std::string> make_log() const;
  std::vector<std::string> environment(const WorkSlot& slot, bool hook) const;
  Result<Built> from_cache(const Digest& artifact);
  Result<Built> build_now(git::Mirror& mirror);
  Result<std::vector<artifact::Found>> make(git::Mirror& mirror, WorkSlot& slot, const std::string& log);
  Result<std::vector<artifact::Found>> give_way_to_links(std::vector<artifact::Found> found);
  Status check_out(git::Mirror& mirror, WorkSlot& slot, Steps& steps);
  Status run_steps(WorkSlot& slot, Steps& steps);
  void warn(const std::string& log, const std::string& text);
  artifact::ArtifactRecord record() const;

  const BuildRequest& request_;
  artifact::ArtifactStore& store_;
  const BuildPlaces& places_;
  BuildWatch& watch_;
  io::CancelToken cancel_;
  git::CommitName commit_;
  std::string version_;
};

artifact::ArtifactRecord Building::record() const {
  artifact::ArtifactRecord record;
  record.service = request_.service;
  record.version = version_;
  record.commit = commit_.id;
  record.made = system_clock().wall();
  return record;
}

Result<Built> Building::from_cache(const Digest& artifact) {
  artifact::ArtifactRecord record = this->record();
  record.digest = artifact;
  DEPLOYCTL_CHECK(store_.note(std::move(record)));
  return Built{artifact, version_, commit_.id, true, {}};
}

Result<Built> Building::run() {
  DEPLOYCTL_TRY(mirror, git::Mirror::of(places_.mirrors, request_.build.repo));
  watch_.step("fetch", 1, step_count());
  const bool known = io::exists(mirror.path());
  DEPLOYCTL_TRY(id, pin(mirror, request_.build, limits()));
  DEPLOYCTL_TRY(name, mirror.name(id, request_.build.ref));
  commit_ = std::move(name);
  DEPLOYCTL_TRY(version, version_of(request_.version_template, commit_));
  version_ = std::move(version);
  watch_.pinned(commit_.id, version_);
  const Digest key = build_key(request_, commit_.id, version_);
  DEPLOYCTL_TRY(lock, artifact::lock_build(store_.dir(), key, cancel_));
  if (!request_.fresh) {
    DEPLOYCTL_TRY(known, artifact::built_before(store_, key));
    if (!known.empty()) return from_cache(known);
  }
  const bool runs_code = step_count() > 3;
  const std::string foreign = runs_code ? foreign_code_note(mirror.url(), known) : "";
  if (!foreign.empty()) watch_.note(foreign);
  DEPLOYCTL_TRY(built, build_now(mirror));
  DEPLOYCTL_CHECK(artifact::remember_build(store_.dir(), key, built.artifact));
  return built;
}

// Creates the log file. Names begin with the time, so the first ones in the listing are the oldest and are removed.
Result<std::string> Building::make_log() const {
  const std::string dir = std::filesystem::absolute(places_.logs + "/builds");
  DEPLOYCTL_CHECK(io::make_dirs(dir));
  DEPLOYCTL_TRY(names, io::list_dir(dir));
  for (std::size_t i = 0; i + max_logs < names.size() + 1; ++i) (void)io::remove_file(dir + "/" + names[i]);
  std::string time = to_string(system_clock().wall());
  std::replace(time.begin(), time.end(), ':', '-');
  const std::string stem = dir + "/" + time + "-" + safe_name(request_.service) + "-" + commit_.short_id;
  for (int n = 0;; ++n) {
    const std::string path = stem + (n ? "-" + std::to_string(n) : "") + ".log";
    auto fd = io::open_fd(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (fd) return path;
    if (fd.error().code != Code::exists) return fail(fd.error());
  }
}

std::vector<std::string> Building::environment(const WorkSlot& slot, bool hook) const {
  const char* path = std::getenv("PATH");
  std::map<std::string, std::string> all{{"PATH", path ? path : "/usr/local/bin:/usr/bin:/bin"}, {"HOME", slot.home()}};
  for (const auto& [name, value] : request_.build.env) all[name] = value;
  all["VERSION"] = version_;
  all["COMMIT"] = commit_.id;
  all["SOURCE_DATE_EPOCH"] = std::to_string(commit_.time.time_since_epoch().count() / 1000);
  if (hook) {
    all["SERVICE"] = request_.service;
    all["ENVIRONMENT"] = request_.environment;
  }
  std::vector<std::string> out;
  for (const auto& [name, value] : all) out.push_back(name + "=" + value);
  return out;
}

Status Building::check_out(git::Mirror& mirror, WorkSlot& slot, Steps& steps) {
  auto notes = git::check_out(mirror, commit_.id, slot.src(), limits(), request_.build.submodules_allow);
  if (!notes && notes.error().code == Code::verification) {
    steps.say("the mirror " + mirror.path() + " is damaged (" + notes.error().text() + "): it is made anew");
    DEPLOYCTL_CHECK(mirror.remake(limits()));
    DEPLOYCTL_CHECK(io::remove_tree(slot.src()));
    notes = git::check_out(mirror, commit_.id, slot.src(), limits(), request_.build.submodules_allow);
  }
  if (!notes) return fail(notes.error());
  for (const auto& note : *notes) steps.note(note);
  return {};
}

Status Building::run_steps(WorkSlot& slot, Steps& steps) {
  DEPLOYCTL_CHECK(
      steps.run("hook pre_build", request_.pre_build.run, request_.pre_build.timeout, environment(slot, true)));
  DEPLOYCTL_CHECK(steps.run("step", request_.build.steps, request_.build.timeout, environment(slot, false)));
  return steps.run("hook post_build", request_.post_build.run, request_.post_build.timeout, environment(slot, true));
}

Result<std::vector<artifact::Found>> Building::give_way_to_links(std::vector<artifact::Found> found) {
  std::vector<model::Entry> entries;
  for (const auto& one : found) entries.push_back(one.entry);
  model::Activation activation;
  activation.linked_dirs = request_.links.dirs;
  activation.linked_files = request_.links.files;
  auto links = model::LinkedPaths::of(activation, entries);
  if (!links) {
    links.error().code = Code::build_failed;
    return fail(links.error());
  }
  std::erase_if(found, [&](const artifact::Found& one) { return links->replaces(one.entry.path); });
  for (const auto& link : links->folders())
    watch_.note("the folder '" + link +
                "' of the artifact becomes the link to deploy_to/shared: it held nothing but .keep files");
  return found;
}

void Building::warn(const std::string& log, const std::string& text) {
  auto fd = io::open_fd(log, O_WRONLY | O_APPEND);
  if (fd) (void)io::write_all(fd->get(), as_bytes("warning: " + text + "\n"));
  watch_.warning(text);
}

// Sets umask 022 for the checkout and the steps, so that the modes in an artifact depend only on the commit and the
// steps, not on the operator's login. The work slot itself is created before, with the operator's umask.
class UsualUmask {
 public:
  UsualUmask() : before_(::umask(022)) {}
  ~UsualUmask() { ::umask(before_); }
  UsualUmask(const UsualUmask&) = delete;
  UsualUmask& operator=(const UsualUmask&) = delete;

 private:
  mode_t before_;
};

Result<std::vector<artifact::Found>> Building::make(git::Mirror& mirror, WorkSlot& slot, const std::string& log) {
  {
    // ~Steps() ends the processes that the steps left running, before their files are read.
    const UsualUmask umask;
    Steps steps(slot, log, watch_, cancel_);
    steps.expect(step_count(), 1);  // the fetch is done
    steps.announce("check out");
    steps.say(request_.service + " " + version_ + ": commit " + commit_.id + " of " + mirror.url().shown());
    DEPLOYCTL_CHECK(check_out(mirror, slot, steps));
    DEPLOYCTL_CHECK(run_steps(slot, steps));
    steps.announce("collect");
  }
  std::vector<std::string> notes;
  auto found = artifact::collect(slot.src(), request_.build.artifact, &notes);
  for (const auto& note : notes) warn(log, note);
  if (found) found = give_way_to_links(std::move(*found));
  if (found || found.error().code != Code::build_failed) return found;
  Error e = found.error();
  e.hint += (e.hint.empty() ? "" : "; ") + std::string("the checkout is kept in ") + slot.src() + ", the log is " + log;
  return fail(std::move(e));
}

Result<Built> Building::build_now(git::Mirror& mirror) {
  DEPLOYCTL_TRY(log, make_log());
  DEPLOYCTL_TRY(slot, WorkSlot::take(places_.work, safe_name(request_.service + "-" + request_.environment)));
  auto found = make(mirror, slot, log);
  if (found && cancel_.cancelled()) found = fail(Code::cancelled, "collect: cancelled");
  if (!found && found.error().code == Code::cancelled) (void)slot.clear();
  if (!found) return fail(with_context(found.error(), "build " + request_.service + " " + version_));
  DEPLOYCTL_TRY(made, store_.add(*found, record()));
  DEPLOYCTL_CHECK(slot.clear());
  return Built{made.digest, version_, commit_.id, false, log};
}

}  // namespace

Result<std::string> resolve(const model::Build& build, const BuildPlaces& places, io::CancelToken cancel) {
  DEPLOYCTL_TRY(mirror, git::Mirror::of(places.mirrors, build.repo));
  return pin(mirror, build, limits_for(build, std::move(cancel)));
}

Result<Built> predict(const BuildRequest& request, const artifact::ArtifactStore& store, const BuildPlaces& places,
                      io::CancelToken cancel) {
  DEPLOYCTL_TRY(mirror, git::Mirror::of(places.mirrors, request.build.repo));
  DEPLOYCTL_TRY(id, pin(mirror, request.build, limits_for(request.build, std::move(cancel))));
  DEPLOYCTL_TRY(name, mirror.name(id, request.build.ref));
  DEPLOYCTL_TRY(version, version_of(request.version_template, name));
  DEPLOYCTL_TRY(known, artifact::built_before(store, build_key(request, name.id, version)));
  return Built{known, version, name.id, !known.empty(), {}};
}

Result<Built> build(const BuildRequest& request, artifact::ArtifactStore& store, const BuildPlaces& places,
                    BuildWatch& watch, io::CancelToken cancel) {
  return Building(request, store, places, watch, std::move(cancel)).run();
}

}  // namespace deployctl::builder
