// The desired state of regions, stored on the relay's disk: one file per place and region, written atomically and
// durably, so that it survives the relay. A finished one that has errors to report is kept until its not_after. A file
// that can't be read is skipped and left in place. Blocking, briefly; any thread.
#pragma once

#include <string>
#include <vector>

#include "core/protocol/messages.hpp"

namespace deployctl::relay {

class DesiredStateStore {
 public:
  explicit DesiredStateStore(std::string folder) : folder_(std::move(folder)) {}

  // Replaces the one of the same place and region. Code::invalid if it names no place, region, rollout, release or
  // member.
  Status put(const protocol::pb::Desire& desire) const;
  Status remove(const protocol::pb::Desire& desire) const;
  std::vector<protocol::pb::Desire> all() const;
  const std::string& folder() const { return folder_; }

 private:
  std::string path_of(const protocol::pb::Desire& desire) const;
  std::string folder_;
};

bool same_place(const protocol::pb::Place& a, const protocol::pb::Place& b);

}  // namespace deployctl::relay
