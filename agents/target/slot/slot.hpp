// One service's place on this host: the paths beneath deploy_to, whose it is, and what `current` points to. A value
// that holds paths; nothing is open. Blocking, any thread. What must not be two at once is guarded by the files' locks.
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
  // `deploy_to` absolute, or "~/..." beneath `home`; no "..", not the root itself: else Code::invalid. Touches nothing.
  static Result<Slot> at(const std::string& deploy_to, const std::string& home);

  const std::string& path() const { return path_; }
  std::string releases() const { return path_ + "/releases"; }
  std::string release(const std::string& folder) const { return releases() + "/" + folder; }
  std::string shared() const { return path_ + "/shared"; }
  std::string current() const { return path_ + "/current"; }
  std::string state(const std::string& name) const { return path_ + "/.deployctl/" + name; }
  std::string about(const std::string& folder) const { return state("releases/" + folder); }
  std::string hook_log(const std::string& rollout) const { return state("hooks/" + rollout + ".log"); }

  // deploy_to, .deployctl and releases are under the control of this login and root alone (core/io/trusted_path.hpp),
  // or not there yet: else Code::refused. Every request checks it before it reads or writes anything here.
  Status check_trusted() const;

  // Absent: no service has it yet. Checks the above first.
  Result<std::optional<Identity>> identity() const;
  // Makes the folders and writes the identity; Code::refused when deploy_to belongs to another service.
  Status claim(const Identity& identity) const;
  // Code::refused when it belongs to another; one that is nobody's is Code::absent.
  Status check_identity(const Identity& identity) const;

  // The folder in releases/ that runs; absent: none. Code::refused when `current` is a real folder or points elsewhere.
  Result<std::optional<std::string>> current_folder() const;

 private:
  explicit Slot(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

// One plain name that may stand in a path: letters, digits and . _ + -, not beginning with a dot.
bool plain_name(const std::string& name);

}  // namespace deployctl::target
