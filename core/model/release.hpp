// A release: an artifact and how it is activated, with a version. Immutable; identified by its digest.
#pragma once

#include <string>

#include "core/model/activation.hpp"

namespace deployctl::model {

struct Release {
  std::string version;
  Digest artifact;  // digest of the manifest
  Activation activation;

  Digest digest() const;       // sha256("deployctl-release-1\n" + artifact digest + "\n" + activation JSON)
  std::string folder() const;  // "<version>-<digest8>", unsafe characters in the version replaced with '-'
  std::string json() const;    // canonical; {"version","artifact","activation"}
  static Result<Release> parse(std::string_view json);
  bool operator==(const Release&) const = default;
};

// Names in deploy_to. They are relative; the target makes them absolute.
namespace layout {
inline constexpr const char* releases = "releases";
inline constexpr const char* current = "current";
inline constexpr const char* shared = "shared";
inline constexpr const char* state = ".deployctl";
}  // namespace layout

}  // namespace deployctl::model
