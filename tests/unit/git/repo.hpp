// A repository made by the real git, for tests. And what the leak sanitizer must not blame on us: libgit2 1.5
// loses its match data whenever a regular expression doesn't match (git_regexp_match), and references in
// git_reference_dwim where an object is missing. Our own handles have owners.
#pragma once

#include <string>

#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"

extern "C" __attribute__((used)) inline const char* __lsan_default_suppressions() {
  return "leak:libpcre2\nleak:libgit2\n";
}

namespace deployctl::testing {

class Repo {
 public:
  explicit Repo(std::string path) : path_(std::move(path)) {
    check_program({"git", "init", "-q", "-b", "main", path_});
  }
  const std::string& path() const { return path_; }

  std::string git(std::vector<std::string> words) const {
    std::vector<std::string> argv{"git",
                                  "-c",
                                  "user.name=T",
                                  "-c",
                                  "user.email=t@example.org",
                                  "-c",
                                  "protocol.file.allow=always",
                                  "-c",
                                  "commit.gpgsign=false"};
    argv.insert(argv.end(), words.begin(), words.end());
    auto out = check_program(std::move(argv), path_);
    while (!out.empty() && out.back() == '\n') out.pop_back();
    return out;
  }
  void write(const std::string& name, const std::string& text) const {
    check_program(
        {"sh", "-c", "mkdir -p \"$(dirname \"$0\")\" && printf '%s' \"$1\" > \"$0\"", path_ + "/" + name, text});
  }
  // Everything there is; answers the commit's id.
  std::string commit(const std::string& message) const {
    git({"add", "-A"});
    git({"commit", "-q", "--allow-empty", "-m", message});
    return git({"rev-parse", "HEAD"});
  }
  std::string commit_file(const std::string& name, const std::string& text) const {
    write(name, text);
    return commit("write " + name);
  }

 private:
  std::string path_;
};

}  // namespace deployctl::testing
