// Where a repository is: a path, or a file, ssh (also user@host:path) or https URL; anything else is refused.
// Values.
#pragma once

#include <string>

#include "core/base/result.hpp"

namespace deployctl::git {

struct Url {
  enum class Kind { local, ssh, https };
  Kind kind = Kind::local;
  std::string text;        // as it was given (a file URL as its path)
  std::string user, host;  // ssh and https; the user may be empty
  unsigned port = 0;       // 0: the default
  std::string path;  // local: of the folder; ssh: as the far shell gets it ("~/x" and "x" are relative to the home)

  // For people and logs: without a password or token.
  std::string shown() const;
  // For a folder's name: the last part, without .git, of [A-Za-z0-9._-] only.
  std::string name() const;
};

// A local path must be absolute. Code::invalid names what is allowed.
Result<Url> parse_url(const std::string& text);
// A submodule's URL: "./x" and "../x" are relative to the parent's. A repository from elsewhere may not name
// a path here.
Result<Url> submodule_url(const Url& parent, const std::string& text);

}  // namespace deployctl::git
