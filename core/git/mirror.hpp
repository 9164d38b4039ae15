// A bare copy of a repository, which is kept and fetched into: DIR/<name>-<hash of the URL>.git. A lock file next to it
// allows one fetch at a time between processes; reading is possible meanwhile. Leftovers of a crash are removed before
// a fetch; a damaged mirror is replaced. Blocking; one thread at a time.
//
// Errors: Code::invalid (unknown URL or ref; the hint lists similar names), build_failed (a repository format that is
// not supported), network errors, cancelled, verification (damaged; remake() replaces the mirror).
#pragma once

#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/git/limits.hpp"
#include "core/git/url.hpp"

namespace deployctl::git {

// The names of a commit.
struct CommitName {
  std::string id;        // full id
  std::string short_id;  // 7 digits, more if ambiguous
  std::string describe;  // as `git describe --tags --always`, but prefers the tag that `ref` names
  std::string tag;       // the tag that `ref` names, else a tag of exactly this commit; empty: none
  WallTime time;         // commit time
};

class Mirror {
 public:
  // Accesses neither disk nor network.
  static Result<Mirror> of(const std::string& dir, const std::string& url);
  static Mirror of(const std::string& dir, Url url);

  // Creates the mirror if it is missing or damaged, else updates it. Refs that the remote deleted are deleted here;
  // commits are kept.
  Status fetch(const Limits& limits);
  // Replaces the mirror by a new copy.
  Status remake(const Limits& limits);

  // The full commit id of a branch, a tag (annotated tags are peeled), refs/..., or a commit id (or its first 4 or more
  // digits); if `ref` is empty, of the default branch.
  Result<std::string> resolve(const std::string& ref) const;
  // Whether a commit (full id) and its tree are in the mirror.
  bool has(const std::string& commit) const;
  // `ref` is what the user specified: if it is a tag of this commit, it is preferred to other tags.
  Result<CommitName> name(const std::string& commit, const std::string& ref = {}) const;

  const std::string& path() const { return path_; }  // path of the bare repository
  const std::string& dir() const { return dir_; }
  const Url& url() const { return url_; }

 private:
  Mirror(std::string dir, Url url, std::string path)
      : dir_(std::move(dir)), url_(std::move(url)), path_(std::move(path)) {}
  Status make(const Limits& limits);
  Status update(const Limits& limits);
  std::string dir_;
  Url url_;
  std::string path_;
};

}  // namespace deployctl::git
