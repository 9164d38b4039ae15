// What turns one manifest into another: the entries that are new or other, and the paths that are gone. It is sent and
// kept where the base's manifest is known, for it is as long as the change and not as the tree. Values; no I/O.
#pragma once

#include <string>
#include <vector>

#include "core/model/manifest.hpp"

namespace deployctl::model {

struct ManifestChange {
  Digest base;  // of the manifest that it changes
  std::vector<Entry> put;
  std::vector<std::string> gone;

  static ManifestChange between(const Manifest& base, const Manifest& next);
  // Code::invalid: it doesn't fit this manifest, or what comes of it breaks a manifest's rules.
  Result<Manifest> apply(const Manifest& base) const;

  std::string json() const;  // canonical, newline at the end; never what a manifest begins with
  static Result<ManifestChange> parse(std::string_view json);  // Code::invalid: spelled in another way
  static bool begins(std::string_view json);                   // a change, not a manifest
  static Result<Digest> base_of(
      std::string_view json);  // of its beginning alone, without reading the rest; Code::invalid
  bool operator==(const ManifestChange&) const = default;
};

}  // namespace deployctl::model
