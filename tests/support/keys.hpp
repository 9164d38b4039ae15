// SSH keys for tests, made by ssh-keygen once per process and kind, in a scratch folder that goes with the process.
#pragma once

#include <string>

namespace deployctl::testing {

struct Key {
  std::string path;         // the private half; path + ".pub" is the public one
  std::string public_line;  // "ssh-ed25519 AAAA..."
  std::string fingerprint;  // "SHA256:..."
};

// `name` tells keys of one kind apart: key("ed25519", "client") is the same key for every caller in this process.
// Kinds: ed25519, ecdsa, rsa. Thread-safe.
const Key& key(const std::string& kind, const std::string& name);
// A new ed25519 key behind a passphrase.
const Key& locked_key(const std::string& name, const std::string& passphrase);

// What servers of this process accept and clients use unless told otherwise.
inline const Key& client_key() { return key("ed25519", "client"); }

}  // namespace deployctl::testing
