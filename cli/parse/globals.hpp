// The options that every command accepts, before or after its name.
#pragma once

#include <string>
#include <vector>

#include "cli/parse/arguments.hpp"

namespace deployctl::cli {

struct Globals {
  std::string output = "text";
  bool quiet = false;
  unsigned verbose = 0;
  bool no_color = false;
  std::string state;
  std::string fleet;
  std::vector<std::string> set;  // "release.keep_releases=3"

  bool json() const { return output == "json"; }
};

// Binds the options to `globals`, which must outlive the Arguments.
void declare_globals(Arguments& arguments, Globals& globals);

}  // namespace deployctl::cli
