// Paths in plans and fleets: relative to a folder, on this machine, or on another host. Any thread. Pure, except that
// local_path() looks up the user's home folder and folder_of() reads the file system.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace deployctl::plans {

// Returns a relative path without '.', doubled slashes and a trailing slash: "./a//b/" -> "a/b"; "." -> "".
// Code::invalid: an absolute path, '..', or a control character.
Result<std::string> relative_path(std::string_view text);
// Whether `path` is `folder` or beneath it. Both must be normalized.
bool is_beneath(std::string_view path, std::string_view folder);

// Resolves a path on this machine: "~/x" in the home folder, relative paths in `dir`. Code::invalid: "~user".
Result<std::string> local_path(std::string_view text, const std::string& dir);
// Resolves a relative path in `dir`; leaves absolute paths and "~/" unchanged, because the host that uses the path
// expands "~/".
Result<std::string> key_path(std::string_view text, const std::string& dir);
bool is_absolute_or_home(std::string_view text);
// Normalizes a folder on a target: absolute or "~/...", but not "/" or the home folder itself.
Result<std::string> target_folder(std::string_view text);

// Returns how errors show a file that `near` names: "plans/deploy.yaml", "fleet.yaml" -> "plans/fleet.yaml".
std::string shown_beside(const std::string& near, std::string_view name);
// Returns the absolute folder of a file.
std::string folder_of(const std::string& file);

}  // namespace deployctl::plans
