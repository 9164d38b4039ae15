// A release: an artifact and how it is activated, under a version. Immutable; named by its digest.
#pragma once

#include <string>

#include "core/model/activation.hpp"

namespace deployctl::model {

struct Release {
  std::string version;
  Digest artifact;  // digest of the manifest
  Activation activation;

  Digest digest() const;       // sha256("deployctl-release-1\n" + artifact text + "\n" + activation json)
  std::string folder() const;  // "<version>-<digest8>", unsafe characters of the version as '-'
  std::string json() const;    // canonical; {"version","artifact","activation"}
  static Result<Release> parse(std::string_view json);
  bool operator==(const Release&) const = default;
};

// Where things stand beneath deploy_to (design §5). Relative names; absolute paths are made by the target.
namespace layout {
inline constexpr const char* releases = "releases";
inline constexpr const char* current = "current";
inline constexpr const char* shared = "shared";
inline constexpr const char* state = ".deployctl";
}  // namespace layout

}  // namespace deployctl::model
