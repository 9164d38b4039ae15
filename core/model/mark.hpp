// Where a value stands in a file, for errors found later than the loader could (1-based). A value.
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
