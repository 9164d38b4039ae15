// Host keys and the known_hosts file that pins them. Values; any thread.
#pragma once

#include <string>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace deployctl::ssh {

struct HostKey {
  std::string type;                 // "ssh-ed25519"
  std::string blob;                 // raw, as in the third field of known_hosts once decoded
  std::string fingerprint() const;  // "SHA256:..."
  bool operator==(const HostKey&) const = default;
};

// A file in OpenSSH's format: plain and hashed names, [host]:port. A line of "@revoked" or "@cert-authority"
// makes the file Code::unsupported with file:line (what we can't honour we must not skip); a malformed line
// is Code::invalid with file:line; a missing file Code::absent.
class KnownHosts {
 public:
  static Result<KnownHosts> load(const std::string& path);
  // All keys of that host and port, in file order. Empty: unknown.
  std::vector<HostKey> keys_of(const std::string& host, unsigned port) const;

 private:
  struct Line {
    std::string names;
    HostKey key;
  };
  std::vector<Line> lines_;
};

}  // namespace deployctl::ssh
