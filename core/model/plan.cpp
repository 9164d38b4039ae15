#include "core/model/plan.hpp"

namespace deployctl::model {

std::string Mark::text() const {
  if (line == 0) return file;
  return file + ":" + std::to_string(line) + ":" + std::to_string(column);
}

const char* to_string(OnFailure v) {
  switch (v) {
    case OnFailure::rollback:
      return "rollback";
    case OnFailure::pause:
      return "pause";
    case OnFailure::abort:
      return "abort";
  }
  return "";
}

}  // namespace deployctl::model
