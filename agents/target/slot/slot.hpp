// One service's place on this host: the paths beneath deploy_to, the service that owns it, and what `current` points
// to. A value that holds paths; nothing is kept open. Blocking, any thread. Lock files exclude conflicting changes.
#pragma once

#include <optional>
#include <string>

#include "core/base/result.hpp"

namespace deployctl::target {

struct Identity {
  std::string service;
  std::string environment;
  bool operator==(const Identity&) const = default;
  std::string text() const { return service + " (" + environment + ")"; }
};

class Slot {
 public:
  // `deploy_to` must be absolute, or "~/..." beneath `home`, without "..", and not the root itself; otherwise
  // Code::invalid. Does no I/O.
  static Result<Slot> at(const std::string& deploy_to, const std::string& home);

  const std::string& path() const { return path_; }
  std::string releases() const { return path_ + "/releases"; }
  std::string release(const std::string& folder) const { return releases() + "/" + folder; }
  std::string shared() const { return path_ + "/shared"; }
  std::string current() const { return path_ + "/current"; }
  std::string state(const std::string& name) const { return path_ + "/.deployctl/" + name; }
  std::string about(const std::string& folder) const { return state("releases/" + folder); }
  std::string hook_log(const std::string& rollout) const { return state("hooks/" + rollout + ".log"); }

  // Checks that deploy_to, .deployctl and releases are missing or under the control of this login and root alone
  // (core/io/trusted_path.hpp); otherwise Code::refused. Every request checks this before it reads or writes here.
  Status check_trusted() const;

  // nullopt: not claimed by a service yet. Calls check_trusted() first.
  Result<std::optional<Identity>> identity() const;
  // Creates the folders and writes the identity; Code::refused if deploy_to belongs to another service.
  Status claim(const Identity& identity) const;
  // Code::refused if it belongs to another service, Code::not_found if it belongs to none.
  Status check_identity(const Identity& identity) const;

  // The folder in releases/ that runs; nullopt: none. Code::refused if `current` is a real folder or points elsewhere.
  Result<std::optional<std::string>> current_folder() const;

 private:
  explicit Slot(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

// Whether `name` is a single name that is safe in a path: letters, digits and . _ + -, not beginning with a dot.
bool plain_name(const std::string& name);

}  // namespace deployctl::target
