// Small SSH encodings: base64, and the strings in SSH messages and key blobs. Pure. Private to the module.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace deployctl::transport::detail {

// Strict: requires the padding and rejects every other character, except line breaks when `lines` is set. Returns
// nullopt for invalid input.
std::optional<std::string> from_base64(std::string_view text, bool lines = false);
std::string to_base64(std::string_view raw);

std::string encode_u32(std::uint32_t n);
std::string encode_string(std::string_view s);

// Reads from the front. Each read checks the length against the bytes that are left; a read that is too long discards
// the rest, so later reads fail too.
class SshReader {
 public:
  explicit SshReader(std::string_view from) : left_(from) {}
  std::optional<std::uint32_t> u32();
  std::optional<std::string_view> string();
  std::optional<std::string_view> bytes(std::size_t n);
  std::string_view left() const { return left_; }

 private:
  std::string_view left_;
};

// Returns the key type in the first string of a public key blob, or an empty string if this is not a blob.
std::string type_of_blob(std::string_view blob);
// Returns "SHA256:...", the format that ssh-keygen prints.
std::string fingerprint_of(std::string_view blob);

}  // namespace deployctl::transport::detail
