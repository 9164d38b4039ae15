// What regions are to run, kept on the relay's disk: one file for a place and region, written whole and durably.
// Whatever is there survives the relay. What is done but has trouble to tell of stays until its not_after; a file that
// can't be read is left alone and told. Blocking, for a moment; any thread.
#pragma once

#include <string>
#include <vector>

#include "core/protocol/messages.hpp"

namespace deployctl::relay {

class DesiredStateStore {
 public:
  explicit DesiredStateStore(std::string folder) : folder_(std::move(folder)) {}

  // Replaces that of the same place and region. Code::invalid: it names no place, region, rollout, release or member.
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
