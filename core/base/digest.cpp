#include "core/base/digest.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace deployctl {
namespace {

constexpr std::string_view prefix = "sha256:";

// A manifest has as many digests as files, so hex digits are decoded with a table, without branches.
constexpr std::array<int, 256> nibbles = [] {
  std::array<int, 256> table{};
  table.fill(-1);
  for (int i = 0; i < 10; ++i) table['0' + i] = i;
  for (int i = 0; i < 6; ++i) table['a' + i] = 10 + i;
  return table;
}();

int nibble(char c) { return nibbles[static_cast<unsigned char>(c)]; }

}  // namespace

Result<Digest> Digest::parse(std::string_view text) {
  std::string_view hex = text.starts_with(prefix) ? text.substr(prefix.size()) : text;
  const auto bad = [text] {
    return error(Code::invalid, "'" + std::string(text) + "' is not a digest: sha256: and 64 hex digits");
  };
  if (hex.size() != 2 * size) return fail(bad());
  std::array<std::uint8_t, size> bytes{};
  int all = 0;  // negative as soon as one digit is invalid
  for (std::size_t i = 0; i < size; ++i) {
    const int both = nibble(hex[2 * i]) * 16 | nibble(hex[2 * i + 1]);
    all |= both;
    bytes[i] = static_cast<std::uint8_t>(both);
  }
  if (all < 0) return fail(bad());
  return Digest(bytes);
}

Result<Digest> Digest::from_raw(std::string_view raw) {
  if (raw.size() != size) return fail(Code::invalid, "a digest has 32 bytes, not " + std::to_string(raw.size()));
  std::array<std::uint8_t, size> bytes{};
  std::copy(raw.begin(), raw.end(), bytes.begin());
  return Digest(bytes);
}

std::string Digest::hex() const {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out(2 * size, '\0');
  for (std::size_t i = 0; i < size; ++i) {
    out[2 * i] = digits[bytes_[i] >> 4];
    out[2 * i + 1] = digits[bytes_[i] & 15];
  }
  return out;
}

std::size_t Digest::hash() const noexcept {
  std::size_t first = 0;
  std::memcpy(&first, bytes_.data(), sizeof first);
  return first;
}

struct Hasher::Context {
  EVP_MD_CTX* md = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(md); }
};

Hasher::Hasher() : context_(std::make_unique<Context>()) { EVP_DigestInit_ex(context_->md, EVP_sha256(), nullptr); }
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::update(BytesView data) { EVP_DigestUpdate(context_->md, data.data(), data.size()); }

Digest Hasher::finish() {
  std::array<std::uint8_t, Digest::size> bytes{};
  EVP_DigestFinal_ex(context_->md, bytes.data(), nullptr);
  return Digest(bytes);
}

Digest sha256(BytesView data) {
  Hasher hasher;
  hasher.update(data);
  return hasher.finish();
}

Result<Digest> sha256_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(os_error(errno, "open " + path));
  Hasher hasher;
  Bytes buffer(256 * 1024);
  ssize_t n = 0;
  while ((n = ::read(fd, buffer.data(), buffer.size())) > 0)
    hasher.update({buffer.data(), static_cast<std::size_t>(n)});
  const int errnum = errno;
  ::close(fd);
  if (n < 0) return fail(os_error(errnum, "read " + path));
  return hasher.finish();
}

}  // namespace deployctl
