// A private key file, looked at before libssh2 sees it: libssh2 answers "wrong key" to an RSA key and to a
// passphrase alike. Blocking, small; private to the room.
#pragma once

#include <string>

#include "core/base/result.hpp"

namespace deployctl::transport::detail {

struct KeyFile {
  std::string path;
  std::string type;     // "ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa", ...; empty: behind a passphrase and not told
  std::string blob;     // the public half; empty: unknown
  std::string text;     // the whole file
  bool locked = false;  // wants a passphrase
};

// Code::absent, Code::denied, Code::invalid (no private key in it).
Result<KeyFile> load_key_file(const std::string& path);
// From PATH.pub, for a key whose private half only ssh-agent has. Code::absent, Code::invalid.
Result<KeyFile> load_public_key(const std::string& path);

// ed25519 and ECDSA: what libssh2 can sign with for a server of today.
bool can_sign_with(const std::string& type);

}  // namespace deployctl::transport::detail
