// The difference between two manifests: entries that are new or changed, and paths that are gone. It is sent and stored
// where the base manifest is known, because its size depends on the change and not on the tree. Values; no I/O.
#pragma once

#include <string>
#include <vector>

#include "core/model/manifest.hpp"

namespace deployctl::model {

struct ManifestChange {
  Digest base;  // digest of the manifest that it applies to
  std::vector<Entry> put;
  std::vector<std::string> gone;

  static ManifestChange between(const Manifest& base, const Manifest& next);
  // Code::invalid: it doesn't apply to this manifest, or the result breaks a manifest's rules.
  Result<Manifest> apply(const Manifest& base) const;

  std::string json() const;  // canonical, ends with a newline; never starts like a manifest
  static Result<ManifestChange> parse(std::string_view json);  // Code::invalid: not canonical
  static bool begins(std::string_view json);                   // whether the text is a change rather than a manifest
  // The base digest, read from the beginning of the text only. Code::invalid: not canonical.
  static Result<Digest> base_of(std::string_view json);
  bool operator==(const ManifestChange&) const = default;
};

}  // namespace deployctl::model
