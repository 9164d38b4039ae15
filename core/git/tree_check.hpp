// Checks that a commit's tree is safe to write to disk. libgit2 checks out any name in a tree object, such as
// "l/config" next to a link "l", which writes through that link to any place. So the whole tree is read before the
// first file is written. Private to the module; blocking; one thread.
//
// Errors: build_failed, naming the path, for a name with '/', an empty name, ".", "..", ".git" in any spelling that a
// filesystem treats as such (case, NTFS and HFS+ aliases), a duplicate name in a folder (a file beneath a link is such
// a pair), more than `max_depth` nested folders or more than `max_entries` entries; verification if an object is
// missing or damaged.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/git/handles.hpp"
#include "core/git/operation.hpp"

namespace deployctl::git {

constexpr unsigned max_depth = 500;
constexpr std::uint64_t max_entries = 5'000'000;

// Why a file must not have this name, or nullptr if it may.
const char* name_problem(std::string_view name);

// The reason why git_commit_tree or git_tree_lookup failed: build_failed for a malformed tree object.
Error tree_failure(const Operation& operation, int result, const std::string& path = {});

Status check_tree(const Operation& operation, git_repository* repository, const git_tree* tree);

}  // namespace deployctl::git
