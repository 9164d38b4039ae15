// Health checks of a release, against the running service. A probe is one try; a verdict is pure: results of tries in,
// "healthy", "not yet" or "too late" out. Hosts are IP literals or "localhost": names would need the resolver that a
// static program lacks. Blocking, a thread a check.
#pragma once

#include <string>
#include <vector>

#include "core/base/clock.hpp"
#include "core/model/activation.hpp"

namespace deployctl::target {

struct ProbeContext {
  std::string cwd;  // for commands
  std::vector<std::string> env;
};

// Success: it passed. Code::unhealthy says why not: "http 127.0.0.1:80/x: status 503".
Status probe(const model::HealthCheck& check, const ProbeContext& context);

// One try of each, at once; what failed, in the order of the checks.
std::vector<std::string> probe_all(const std::vector<model::HealthCheck>& checks, const ProbeContext& context);

enum class Verdict { healthy, waiting, too_late };
class ProbeStreak {
 public:
  ProbeStreak(unsigned healthy_after, SteadyTime deadline) : wanted_(healthy_after), deadline_(deadline) {}
  // Passes in a row decide; a run of passes that began before the deadline may end after it.
  Verdict after(bool passed, SteadyTime now);

 private:
  unsigned wanted_;
  unsigned passes_ = 0;
  SteadyTime deadline_;
};

// All of them, each by its deadline counted from `started`. Code::unhealthy names those that did not pass.
Status wait_healthy(const std::vector<model::HealthCheck>& checks, const ProbeContext& context, SteadyTime started);

}  // namespace deployctl::target
