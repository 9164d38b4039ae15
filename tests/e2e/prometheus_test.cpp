// Waves that go on where their metrics are well: a real Prometheus that scrapes what the lab's targets really run.
#include "tests/support/prometheus.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/lab.hpp"
#include "tests/support/process.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using ::testing::AllOf;
using ::testing::HasSubstr;

namespace {

constexpr unsigned targets = 3;

// "bad" serves errors, all else hardly any; and there is load on none that doesn't run.
std::string metrics_of(const Lab& lab, unsigned target) {
  const std::string version = lab.running(0, target);
  if (version.empty()) return "";
  return "error_ratio " + std::string(version == "bad" ? "0.4" : "0.002") + "\n";
}

struct Watched {
  Lab lab;
  Prometheus prometheus;

  Watched() : lab({.targets = targets}), prometheus(exporters()) {
    lab.tag("bad");
    EXPECT_EQ(deploy("v1").exit.code, 0);
    EXPECT_TRUE(eventually([&] { return lab.all_run("v1"); }));
  }

  std::vector<Prometheus::Exporter> exporters() {
    std::vector<Prometheus::Exporter> out;
    for (unsigned i = 0; i < targets; ++i)
      out.push_back({lab.target(0, i).host() + ":" + std::to_string(lab.target(0, i).port()),
                     [this, i] { return metrics_of(lab, i); }});
    return out;
  }

  void gate_with(const std::string& condition) {
    Lab::Options options;
    options.rollout =
        "  max_parallel: 100%\n  waves:\n    - name: canary\n      regions: all\n      targets: 1\n      analysis: "
        "{name: errors, prometheus: '" +
        prometheus.url() + "', query: 'avg(error_ratio{instance=~\"{targets}\"})', success_condition: '" + condition +
        "', interval: 500ms, count: 3, timeout: 2s}\n    - {name: rest, regions: all}\n";
    lab.write_plan(options);
  }

  host::Output deploy(const std::string& ref) const {
    return lab.deployctl({"deploy", "deploy.yaml", "--ref", ref, "--output", "json"});
  }
};

}  // namespace

TEST(Prometheus, ACanaryWhoseMetricIsWellGoesOn) {
  Watched watched;
  watched.gate_with("< 0.01");
  const auto said = watched.deploy("v2");
  EXPECT_EQ(said.exit.code, 0) << said.out << said.err;
  EXPECT_TRUE(eventually([&] { return watched.lab.all_run("v2"); }));
}

TEST(Prometheus, ACanaryWhoseMetricGoesBadIsRolledBackWithQueryValueAndCondition) {
  Watched watched;
  watched.gate_with("< 0.01");
  const auto said = watched.deploy("bad");
  EXPECT_EQ(said.exit.code, 5) << said.out << said.err;
  EXPECT_THAT(Lab::event(said.out, "rollout_finished"),
              AllOf(HasSubstr("avg(error_ratio{instance=~"), HasSubstr("is 0.4"), HasSubstr("< 0.01")));
  EXPECT_TRUE(eventually([&] { return watched.lab.all_run("v1"); }));
  EXPECT_EQ(watched.lab.starts(0, 1), 1u) << "only the canary was touched";
}

TEST(Prometheus, ACanaryIsComparedWithThoseThatAreNotUpdatedYet) {
  Watched watched;
  watched.gate_with("<= 1.5 * baseline + 0.01");
  const auto bad = watched.deploy("bad");
  EXPECT_EQ(bad.exit.code, 5) << bad.out << bad.err;
  EXPECT_THAT(Lab::event(bad.out, "rollout_finished"),
              AllOf(HasSubstr("is 0.4"), HasSubstr("baseline"), HasSubstr("0.002")));
  const auto good = watched.deploy("v2");
  EXPECT_EQ(good.exit.code, 0) << good.out << good.err;
}

TEST(Prometheus, WhileItIsDownTheGatePausesAndSaysSo) {
  Watched watched;
  watched.gate_with("< 0.01");
  watched.prometheus.stop();
  const auto rests = watched.deploy("v2");
  EXPECT_EQ(rests.exit.code, 9) << rests.out << rests.err;
  const std::string end = Lab::event(rests.out, "rollout_finished");
  EXPECT_THAT(end, AllOf(HasSubstr("\"result\":\"paused\""), HasSubstr("errors"),
                         HasSubstr("nobody can say whether to go on")));
  EXPECT_EQ(watched.lab.starts(0, 1), 1u);
  watched.prometheus.start();
  const auto at = rests.out.find("\"rollout\":\"r-") + 11;
  const auto goes_on =
      watched.lab.deployctl({"resume", rests.out.substr(at, rests.out.find('"', at) - at), "--output", "json"});
  EXPECT_EQ(goes_on.exit.code, 0) << goes_on.out << goes_on.err;
  EXPECT_TRUE(eventually([&] { return watched.lab.all_run("v2"); }));
}
