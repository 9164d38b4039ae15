// Selects the files of a checkout that an artifact contains, by the rules of the plan, and their paths in the artifact.
// Read-only; blocking.
//
// A rule's `from` is a path or a glob, matched component by component: `*`, `?` and `[...]` within one component (a
// leading dot must be written), `**` for any number of components. A matching folder is taken with all its contents;
// `**` takes files only. `to`: with a trailing '/' it is the folder for the matches, which keep their names; "." puts
// the contents of a folder at the top; without `to` the path is kept; otherwise it is the new path of the only match.
// `exclude` leaves out what its globs match: a name at any depth, or with '/' a path of the checkout. Modes become 0644
// or 0755 by the owner's executable bit, without permissions for others, or for the group, that have none in the
// checkout (file_modes.hpp). `.git` is never taken.
//
// Code::build_failed, with the rule's file:line:column: no match, one name for several matches, a socket or device, a
// link that leads out of the artifact, a git-lfs pointer, or a path with two different contents.
#pragma once

#include <string>
#include <vector>

#include "core/model/manifest.hpp"
#include "core/model/plan.hpp"

namespace deployctl::artifact {

struct Found {
  model::Entry entry;  // the digest of a file is not known yet
  std::string source;  // current path of the file
};

// Returns entries sorted by path; parent folders may be missing (Manifest::make adds them). `notes`, if given, receives
// one line for each kind of file permission that the artifact doesn't keep, and one for private modes.
Result<std::vector<Found>> collect(const std::string& root, const std::vector<model::ArtifactRule>& rules,
                                   std::vector<std::string>* notes = nullptr);

}  // namespace deployctl::artifact
