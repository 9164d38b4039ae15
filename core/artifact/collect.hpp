// Which files of a checkout an artifact holds, by the plan's rules, and under which paths. Pure reading;
// blocking.
//
// A rule's `from` is a path or a glob, by parts: `*`, `?`, `[...]` within one (a leading dot must be
// written), `**` for any number of them. A folder that it names is taken whole; `**` takes files only. `to`:
// ending in '/' keeps the name beneath it, "." puts a folder's contents at the top, absent keeps the path,
// else it is the new path of the only match. `exclude` leaves out what its globs match: a name at any depth, or with
// '/' a path of the checkout. Modes become 0644 or 0755 by the owner's executable bit, without rights for others or for
// the group where these have none here (file_modes.hpp). `.git` is never taken.
//
// Code::build_failed, with the rule's file:line:column: nothing matches, a name for several, a socket or
// device, a link that leads out, a git-lfs pointer, one path with two contents.
#pragma once

#include <string>
#include <vector>

#include "core/model/manifest.hpp"
#include "core/model/plan.hpp"

namespace deployctl::artifact {

struct Found {
  model::Entry entry;  // a file's digest is not known yet
  std::string source;  // where it stands now
};

// Sorted by path; parent folders may be missing (Manifest::make adds them).
// `notes`, where given: what of the files' permissions isn't carried, one line each.
Result<std::vector<Found>> collect(const std::string& root, const std::vector<model::ArtifactRule>& rules,
                                   std::vector<std::string>* notes = nullptr);

}  // namespace deployctl::artifact
