#include "core/transport/key_file.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>
#include <sstream>

#include "core/io/files.hpp"
#include "core/transport/encoding.hpp"

namespace deployctl::transport::detail {
namespace {

constexpr std::string_view begin_openssh = "-----BEGIN OPENSSH PRIVATE KEY-----";
constexpr std::string_view end_openssh = "-----END OPENSSH PRIVATE KEY-----";

// Reads openssh-key-v1. The public key is in clear text even if the private key is encrypted.
bool read_openssh(KeyFile& key) {
  const auto begin = key.text.find(begin_openssh);
  const auto end = key.text.find(end_openssh);
  if (begin == std::string::npos || end == std::string::npos || end < begin) return false;
  const auto from = begin + begin_openssh.size();
  const auto raw = from_base64(std::string_view(key.text).substr(from, end - from), true);
  constexpr std::string_view magic{"openssh-key-v1\0", 15};
  if (!raw || !raw->starts_with(magic)) return false;
  SshReader reader(std::string_view(*raw).substr(magic.size()));
  const auto cipher = reader.string();
  const auto kdf = reader.string();
  const auto kdf_options = reader.string();
  const auto count = reader.u32();
  const auto blob = reader.string();
  if (!cipher || !kdf || !kdf_options || !count || *count != 1 || !blob) return false;
  key.locked = *cipher != "none";
  key.blob = *blob;
  key.type = type_of_blob(*blob);
  return !key.type.empty();
}

std::string type_of(const EVP_PKEY* pkey) {
  switch (EVP_PKEY_base_id(pkey)) {
    case EVP_PKEY_ED25519:
      return "ssh-ed25519";
    case EVP_PKEY_RSA:
      return "ssh-rsa";
    case EVP_PKEY_DSA:
      return "ssh-dss";
    case EVP_PKEY_EC:
      switch (EVP_PKEY_bits(pkey)) {
        case 256:
          return "ecdsa-sha2-nistp256";
        case 384:
          return "ecdsa-sha2-nistp384";
        case 521:
          return "ecdsa-sha2-nistp521";
        default:
          return "ecdsa";
      }
    default:
      return "unknown";
  }
}

int no_passphrase(char*, int, int, void*) { return -1; }

// Reads the older PEM formats. An encrypted file is recognized only by the word "ENCRYPTED".
bool read_pem(KeyFile& key) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(key.text.data(), static_cast<int>(key.text.size())), &BIO_free);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> pkey(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, &no_passphrase, nullptr), &EVP_PKEY_free);
  ERR_clear_error();
  if (pkey)
    key.type = type_of(pkey.get());
  else if (key.text.find("ENCRYPTED") != std::string::npos)
    key.locked = true;
  if (key.text.find("BEGIN RSA PRIVATE KEY") != std::string::npos) key.type = "ssh-rsa";
  return pkey || key.locked;
}

}  // namespace

Result<KeyFile> load_key_file(const std::string& path) {
  DEPLOYCTL_TRY(text, io::read_file(path, 1024 * 1024));
  KeyFile key;
  key.path = path;
  key.text = std::move(text);
  if (!read_openssh(key) && !read_pem(key)) return fail(Code::invalid, path + " holds no private key");
  return key;
}

Result<KeyFile> load_public_key(const std::string& path) {
  DEPLOYCTL_TRY(text, io::read_file(path + ".pub", 1024 * 1024));
  std::istringstream words(text);
  KeyFile key;
  std::string base64;
  words >> key.type >> base64;
  const auto blob = from_base64(base64);
  if (!blob || type_of_blob(*blob) != key.type) return fail(Code::invalid, path + ".pub holds no public key");
  key.path = path;
  key.blob = *blob;
  return key;
}

bool can_sign_with(const std::string& type) { return type == "ssh-ed25519" || type.starts_with("ecdsa-sha2-nistp"); }

}  // namespace deployctl::transport::detail
