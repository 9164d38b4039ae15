// Small encodings of SSH: base64, and the strings of its messages and key blobs. Pure; private to the room.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace deployctl::transport::detail {

// Strict, with its padding; line breaks between are allowed when `lines` is. Nothing for anything else.
std::optional<std::string> from_base64(std::string_view text, bool lines = false);
std::string to_base64(std::string_view raw);

std::string encode_u32(std::uint32_t n);
std::string encode_string(std::string_view s);

// Reads from the front; every read checks the length against what is left and fails for good when there is
// too little.
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

// The type that a public key blob names in its first string; empty: no blob.
std::string type_of_blob(std::string_view blob);
// "SHA256:..." as ssh-keygen shows it.
std::string fingerprint_of(std::string_view blob);

}  // namespace deployctl::transport::detail
