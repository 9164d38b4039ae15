// Host keys and the known_hosts file that pins them. Values; any thread.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace deployctl::transport {

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
  void add(std::string names, HostKey key);
  std::vector<std::size_t> candidates(const std::string& name) const;

  std::vector<Line> lines_;
  // A fleet has a line a host and asks for each host: plain names are looked up, only the others are tried.
  std::unordered_map<std::string, std::vector<std::size_t>> plain_;  // lower case, as written: places in lines_
  std::vector<std::size_t> patterns_;                                // hashed lines too
};

}  // namespace deployctl::transport
