// Health checks of a release, against the running service. A probe is a single try. A verdict is pure: from the results
// of tries it derives healthy, waiting or too late. Hosts are IP literals or "localhost", because a static program has
// no resolver for names. Blocking, one thread per check.
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

// Success if the check passed; otherwise Code::unhealthy with the reason: "http 127.0.0.1:80/x: status 503".
Status probe(const model::HealthCheck& check, const ProbeContext& context);

// Probes every check once, concurrently. Returns the failures, in the order of the checks.
std::vector<std::string> probe_all(const std::vector<model::HealthCheck>& checks, const ProbeContext& context);

enum class Verdict { healthy, waiting, too_late };
class ProbeStreak {
 public:
  ProbeStreak(unsigned healthy_after, SteadyTime deadline) : wanted_(healthy_after), deadline_(deadline) {}
  // Consecutive passes decide; a run of passes that began before the deadline may end after it.
  Verdict after(bool passed, SteadyTime now);

 private:
  unsigned wanted_;
  unsigned passes_ = 0;
  SteadyTime deadline_;
};

// Waits for every check, each with its own deadline counted from `started`. Code::unhealthy names those that did not
// pass.
Status wait_healthy(const std::vector<model::HealthCheck>& checks, const ProbeContext& context, SteadyTime started);

}  // namespace deployctl::target
