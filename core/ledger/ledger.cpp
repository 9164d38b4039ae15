#include "core/ledger/ledger.hpp"

namespace deployctl::ledger {

Error newer_grant(const std::string& rollout) {
  return error(Code::locked, "rollout " + rollout + " goes on under a newer grant");
}

}  // namespace deployctl::ledger
