// Where this control host keeps what it knows: ledger, artifacts, mirrors, logs. --state, DEPLOYCTL_STATE,
// $XDG_STATE_HOME/deployctl, ~/.local/state/deployctl, the first that is given. A value; make() touches the disk.
#pragma once

#include <string>

#include "core/base/result.hpp"

namespace deployctl::cli {

struct StateDir {
  std::string root;  // absolute

  // `option` is --state's value, empty when not given. Code::invalid when nothing says where.
  static Result<StateDir> find(const std::string& option);
  // The folders, 0700 where they are new. One that others may write to is refused: whoever can change the ledger or the
  // store can change what is deployed.
  Status make() const;

  std::string ledger() const { return root + "/ledger.db"; }
  std::string store() const { return root + "/store"; }
  std::string git() const { return root + "/git"; }
  std::string work() const { return root + "/work"; }
  std::string logs() const { return root + "/logs"; }
  std::string locks() const { return root + "/locks"; }
  std::string plans() const { return root + "/plans"; }  // that came through a pipe
};

}  // namespace deployctl::cli
