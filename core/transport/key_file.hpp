// Inspects a private key file before libssh2 uses it, because libssh2 reports "wrong key" both for an RSA key and for
// a missing passphrase. Blocking; the files are small. Private to the module.
#pragma once

#include <string>

#include "core/base/result.hpp"

namespace deployctl::transport::detail {

struct KeyFile {
  std::string path;
  // "ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa", ...; empty if a passphrase hides it.
  std::string type;
  std::string blob;     // the public key; empty: unknown
  std::string text;     // the whole file
  bool locked = false;  // needs a passphrase
};

// Errors: Code::not_found, Code::denied, Code::invalid (the file contains no private key).
Result<KeyFile> load_key_file(const std::string& path);
// Reads PATH.pub, for a key whose private part is only in ssh-agent. Errors: Code::not_found, Code::invalid.
Result<KeyFile> load_public_key(const std::string& path);

// True for ed25519 and ECDSA, the types with which libssh2 can sign for a current server.
bool can_sign_with(const std::string& type);

}  // namespace deployctl::transport::detail
