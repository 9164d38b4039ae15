// Whether a build runs code of another user: builds share everything with the user who runs them, so that user should
// see it. Reads the owner of a local repository; blocking.
#pragma once

#include <string>

#include "core/git/url.hpp"

namespace deployctl::builder {

// One line for a person; empty: it is the user's own repository, or a remote one that was built here before.
std::string foreign_code_note(const git::Url& repository, bool known);

}  // namespace deployctl::builder
