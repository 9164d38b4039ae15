// Notes that a build runs code of another user. A build has all permissions of the user that runs it, so that user
// should know. Reads the owner of a local repository; blocking.
#pragma once

#include <string>

#include "core/git/url.hpp"

namespace deployctl::builder {

// Returns one line for the user; empty if it is the user's own repository, or a remote one that is `known` from an
// earlier build.
std::string foreign_code_note(const git::Url& repository, bool known);

}  // namespace deployctl::builder
