// A bare copy of a repository that we keep and fetch into: DIR/<name>-<hash of the URL>.git. Between
// processes one fetches at a time (a lock beside it); reading goes on meanwhile. What a crash left in the way
// is cleared before a fetch; a mirror that is damaged nevertheless is made anew. Blocking; one thread at a
// time.
//
// Errors: Code::invalid (a URL or ref that isn't there; the hint names the nearest), those of the network,
// cancelled, verification (damaged: remake() cures it).
#pragma once

#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/git/limits.hpp"
#include "core/git/url.hpp"

namespace deployctl::git {

// What a commit is called.
struct CommitName {
  std::string id;        // full
  std::string short_id;  // 7 digits, more where they are ambiguous
  std::string describe;  // as `git describe --tags --always`, but the tag that was named where one was
  std::string tag;       // the tag that was named, else one on this very commit; empty: none
  WallTime time;         // of the commit
};

class Mirror {
 public:
  // Touches neither disk nor network.
  static Result<Mirror> of(const std::string& dir, const std::string& url);
  static Mirror of(const std::string& dir, Url url);

  // Makes it when it is missing or damaged, else brings it up to date; what is gone there is gone here
  // (commits stay).
  Status fetch(const Limits& limits);
  // From nothing, whatever is there.
  Status remake(const Limits& limits);

  // The full commit id of a branch, tag (annotated ones peeled), refs/..., commit id (also the beginning of
  // one, 4 digits and more), or of the default branch when empty.
  Result<std::string> resolve(const std::string& ref) const;
  // A full commit id, here with its tree.
  bool has(const std::string& commit) const;
  // `ref` is what the user named: where it is a tag of this commit, it names the commit, whatever other tags are there.
  Result<CommitName> name(const std::string& commit, const std::string& ref = {}) const;

  const std::string& path() const { return path_; }  // of the bare repository
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
