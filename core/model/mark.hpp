// A position in a file (1-based), for errors that are found after loading. A value.
#pragma once

#include <string>

namespace deployctl::model {

struct Mark {
  std::string file;
  unsigned line = 0;
  unsigned column = 0;
  std::string text() const;  // "deploy.yaml:12:5"
};

}  // namespace deployctl::model
