// Whether a commit's tree may be written to a disk. libgit2 checks out whatever names a tree object holds, among
// them "l/config" beside a link "l", which writes through that link to anywhere. So the whole tree is read before
// the first file is written. Private to the module; blocking; one thread.
//
// Errors: build_failed, naming the path, for a name with '/', an empty one, ".", "..", ".git" in any spelling that
// a filesystem takes for it (case, NTFS and HFS+ aliases), a name that one folder holds twice (a file beneath a link
// is such a pair), more than `max_depth` folders beneath each other or more than `max_entries` entries; verification
// where an object is missing or damaged.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/git/handles.hpp"
#include "core/git/operation.hpp"

namespace deployctl::git {

constexpr unsigned max_depth = 500;
constexpr std::uint64_t max_entries = 5'000'000;

// Why no file may have this name; nullptr: it may.
const char* name_problem(std::string_view name);

// Why git_commit_tree or git_tree_lookup failed: build_failed for a tree object that is malformed.
Error tree_failure(const Operation& operation, int result, const std::string& path = {});

Status check_tree(const Operation& operation, git_repository* repository, const git_tree* tree);

}  // namespace deployctl::git
