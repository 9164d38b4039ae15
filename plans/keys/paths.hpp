// Paths as plans write them: beneath a folder, or on this machine, or on another one. Pure but for $HOME.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace deployctl::plans {

// A relative path without '.', doubled slashes and a slash at its end: "./a//b/" -> "a/b"; "." is "".
// Code::invalid: an absolute one, '..', a control character.
Result<std::string> relative_path(std::string_view text);
// Both are tidy: `path` is `folder` or beneath it.
bool is_beneath(std::string_view path, std::string_view folder);

// Of this machine: "~/x" in $HOME, relative ones in `dir`. Code::invalid: "~user".
Result<std::string> local_path(std::string_view text, const std::string& dir);
// As it is given, or where it is relative beneath `dir`: "~/" is left for the host where it is used.
Result<std::string> key_path(std::string_view text, const std::string& dir);
bool is_absolute_or_home(std::string_view text);
// Of a target: absolute or "~/...", tidy, not "/" nor the home itself.
Result<std::string> target_folder(std::string_view text);

// How a file that `near` names is shown in errors: "plans/deploy.yaml", "fleet.yaml" -> "plans/fleet.yaml".
std::string shown_beside(const std::string& near, std::string_view name);
// The folder of a file, absolute.
std::string folder_of(const std::string& file);

}  // namespace deployctl::plans
