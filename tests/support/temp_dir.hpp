// A scratch folder of a test's own, removed with all that is in it when the TempDir dies, read-only folders too.
// Owned by the test; any thread. Throws when the folder can't be made: a test without one has nothing to say.
#pragma once

#include <string>
#include <string_view>

namespace deployctl::testing {

class TempDir {
 public:
  TempDir();  // $TMPDIR or /tmp
  ~TempDir();
  TempDir(TempDir&& other) noexcept;
  TempDir(const TempDir&) = delete;
  TempDir& operator=(TempDir&&) = delete;

  const std::string& path() const { return path_; }
  // A path in it, which need not exist: dir / "a/b".
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

  // Makes the file and the folders above it; answers its path.
  std::string write(std::string_view name, std::string_view text, unsigned mode = 0644) const;

 private:
  std::string path_;
};

// The whole of a file; throws when it can't be read.
std::string read_text(const std::string& path);
// As `rm -rf`, after `chmod u+rwx` on what stands in the way. What can't be removed is left.
void remove_tree(const std::string& path) noexcept;

}  // namespace deployctl::testing
