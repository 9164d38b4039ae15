// The location of a repository: a path, or a file, ssh (also user@host:path) or https URL; everything else is rejected.
// Values.
#pragma once

#include <string>

#include "core/base/result.hpp"

namespace deployctl::git {

struct Url {
  enum class Kind { local, ssh, https };
  Kind kind = Kind::local;
  std::string text;        // as specified; for a file URL its path
  std::string user, host;  // ssh and https; the user may be empty
  unsigned port = 0;       // 0: the default
  // local: the folder; https: the path; ssh: as the remote shell gets it ("~/x" and "x" are relative to the home
  // folder)
  std::string path;

  // For messages and logs: without a password or token.
  std::string shown() const;
  // For the name of a folder: the last component without .git, of at most 60 characters; characters other than
  // [A-Za-z0-9._-] become '-'.
  std::string name() const;
};

// A local path must be absolute. The hint of Code::invalid lists the allowed forms.
Result<Url> parse_url(const std::string& text);
// Resolves a submodule's URL: "./x" and "../x" are relative to the parent's. A submodule of a remote repository must
// not name a local path.
Result<Url> submodule_url(const Url& parent, const std::string& text);

}  // namespace deployctl::git
