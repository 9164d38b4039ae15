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
  std::string blob;                 // decoded third field of known_hosts
  std::string fingerprint() const;  // "SHA256:..."
  bool operator==(const HostKey&) const = default;
};

// A file in OpenSSH's known_hosts format: plain and hashed names, [host]:port. Errors: Code::unsupported with
// file:line for a line with a marker ("@revoked", "@cert-authority"), because ignoring it would be unsafe;
// Code::invalid with file:line for a malformed line; Code::not_found for a missing file.
class KnownHosts {
 public:
  static Result<KnownHosts> load(const std::string& path);
  // Returns all keys of the host and port, in file order; empty if the host is unknown.
  std::vector<HostKey> keys_of(const std::string& host, unsigned port) const;

 private:
  struct Line {
    std::string names;
    HostKey key;
  };
  void add(std::string names, HostKey key);
  std::vector<std::size_t> candidates(const std::string& name) const;

  std::vector<Line> lines_;
  // A fleet has one line per host and looks up every host: plain names use the map, only the other lines are scanned.
  // Lower-case name, as written in the file -> indexes into lines_.
  std::unordered_map<std::string, std::vector<std::size_t>> plain_;
  std::vector<std::size_t> patterns_;  // indexes of lines with patterns or hashed names
};

}  // namespace deployctl::transport
