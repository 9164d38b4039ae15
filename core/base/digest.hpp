// SHA-256 digests, which identify blobs, artifacts, releases and chunks. Written "sha256:<64 hex>".
#pragma once

#include <array>
#include <compare>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/bytes.hpp"
#include "core/base/result.hpp"

namespace deployctl {

class Digest {
 public:
  static constexpr std::size_t size = 32;
  Digest() = default;  // all zero: "no digest"
  explicit Digest(const std::array<std::uint8_t, size>& bytes) : bytes_(bytes) {}

  // Accepts "sha256:<hex>" and bare 64 hex digits, lower case.
  static Result<Digest> parse(std::string_view text);
  // From exactly 32 raw bytes (the wire format); anything else is Code::invalid.
  static Result<Digest> from_raw(std::string_view raw);

  std::string hex() const;
  std::string text() const { return "sha256:" + hex(); }
  std::string short8() const { return hex().substr(0, 8); }
  std::string raw() const { return {bytes_.begin(), bytes_.end()}; }
  bool empty() const { return *this == Digest{}; }

  auto operator<=>(const Digest&) const = default;
  std::size_t hash() const noexcept;  // the first bytes, which are uniformly distributed

 private:
  std::array<std::uint8_t, size> bytes_{};
};

Digest sha256(BytesView data);
inline Digest sha256(std::string_view text) { return sha256(as_bytes(text)); }

// Incremental SHA-256; finish() may be called once.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  void update(BytesView data);
  Digest finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// Reads to the end of the file. Blocking; for worker threads.
Result<Digest> sha256_file(const std::string& path);

}  // namespace deployctl

template <>
struct std::hash<deployctl::Digest> {
  std::size_t operator()(const deployctl::Digest& d) const noexcept { return d.hash(); }
};
