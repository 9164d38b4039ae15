// Services of one plan, deployed and rolled back as one; and a rollback that is resumed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/support/lab.hpp"
#include "tests/support/process.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

namespace {

// Two of the lab's toys at each target, of which `web` needs `store`. A tag's file says which of them it breaks.
struct Shop {
  Lab lab;

  explicit Shop(const std::string& web_rollout = "{}") {
    lab.dir().write("shop.yaml", R"(environment: test
fleet: fleet.yaml
build:
  repo: toy.git
  ref: v1
  timeout: 1m
  artifact: [{from: version}, {from: name}, {from: '*.sh'}, {from: breaks}]
release:
  hooks: {start: ./start.sh, stop: ./stop.sh}
  health_checks: [{command: './well.sh', interval: 50ms, timeout: 2s, deadline: 1s}]
rollout: {max_parallel: 100%}
services:
  web: {depends_on: [store], build: {steps: ['echo $VERSION > version; echo web > name']}, release: {deploy_to: ~/srv/web}, rollout: )" +
                                     web_rollout + R"(}
  store: {build: {steps: ['echo $VERSION > version; echo store > name']}, release: {deploy_to: ~/srv/store}}
)");
    tag("one", "nobody");
    tag("two", "nobody");
    tag("bad", "web");
  }

  void tag(const std::string& name, const std::string& breaks) {
    lab.dir().write("toy.git/breaks", breaks + "\n");
    lab.tag(name, "[ \"$(cat name)\" != \"$(cat breaks)\" ]");
  }
  host::Output run(std::vector<std::string> words) const { return lab.deployctl(std::move(words)); }
  std::string version(const std::string& service, unsigned target = 0) {
    return read_text(lab.target(0, target).home() + "/srv/" + service + "/current/version");
  }
};

}  // namespace

TEST(Together, AreDeployedInTheirOrderAndRolledBackTheOtherWayRound) {
  Shop shop;
  const auto one = shop.run({"deploy", "shop.yaml", "--ref", "one"});
  ASSERT_EQ(one.exit.code, 0) << one.out << one.err;
  EXPECT_LT(one.err.find("store one, 1 of 2"), one.err.find("web one, 2 of 2"));
  ASSERT_EQ(shop.run({"deploy", "shop.yaml", "--ref", "two"}).exit.code, 0);
  EXPECT_EQ(shop.version("store", 1) + shop.version("web", 1), "two\ntwo\n");
  const auto back = shop.run({"rollback", "shop.yaml"});
  EXPECT_EQ(back.exit.code, 0) << back.out << back.err;
  EXPECT_LT(back.err.find("web goes back"), back.err.find("store goes back"));
  EXPECT_EQ(shop.version("store", 1) + shop.version("web", 1), "one\none\n");
}

TEST(Together, WhereOneFailsThoseBeforeItGoBackToo) {
  Shop shop;
  ASSERT_EQ(shop.run({"deploy", "shop.yaml", "--ref", "one"}).exit.code, 0);
  const auto bad = shop.run({"deploy", "shop.yaml", "--ref", "bad"});
  EXPECT_EQ(bad.exit.code, 5) << bad.out << bad.err;
  EXPECT_THAT(bad.err, HasSubstr("store goes back to what it ran before"));
  EXPECT_EQ(shop.version("store") + shop.version("web"), "one\none\n");
  const auto again = shop.run({"rollback", "shop.yaml"});
  EXPECT_EQ(again.exit.code, 0) << "both are back already";
  EXPECT_THAT(again.out, HasSubstr("nothing to change"));
  EXPECT_EQ(shop.version("store") + shop.version("web"), "one\none\n");
}

TEST(Together, WhereOneStaysAsItIsThoseBeforeItStayToo) {
  Shop shop("{on_failure: abort}");
  ASSERT_EQ(shop.run({"deploy", "shop.yaml", "--ref", "one"}).exit.code, 0);
  const auto bad = shop.run({"deploy", "shop.yaml", "--ref", "bad"});
  EXPECT_EQ(bad.exit.code, 4) << bad.out << bad.err;
  EXPECT_THAT(bad.err, HasSubstr("stay on their new release, as on_failure of web says: store"));
  EXPECT_EQ(shop.version("store"), "bad\n");
}

TEST(Together, OneThatDidNotChangeStaysInARollback) {
  Shop shop;
  ASSERT_EQ(shop.run({"deploy", "shop.yaml", "--ref", "one"}).exit.code, 0);
  ASSERT_EQ(shop.run({"deploy", "shop.yaml#web", "--ref", "two"}).exit.code, 0);
  EXPECT_EQ(shop.version("store") + shop.version("web"), "one\ntwo\n");
  const auto together = shop.run({"rollback", "shop.yaml"});
  EXPECT_EQ(together.exit.code, 4) << together.out << together.err;
  EXPECT_THAT(together.err,
              AllOf(HasSubstr("no deploy of these services together"), HasSubstr("such as shop.yaml#store")));
  EXPECT_EQ(shop.run({"deploy", "shop.yaml", "--ref", "two"}).exit.code, 0) << "web has it already";
  const auto back = shop.run({"rollback", "shop.yaml"});
  EXPECT_EQ(back.exit.code, 0) << back.out << back.err;
  EXPECT_THAT(back.err, HasSubstr("web stays: the last deploy did not change it"));
  EXPECT_EQ(shop.version("store") + shop.version("web"), "one\ntwo\n");
}

TEST(Together, NothingIsChangedWhereOneCantBegin) {
  Shop shop;
  ASSERT_EQ(shop.run({"deploy", "shop.yaml", "--ref", "one"}).exit.code, 0);
  const auto bad = shop.run({"deploy", "shop.yaml", "--ref", "two", "--set", "services.web.build.steps=[exit 3]"});
  EXPECT_EQ(bad.exit.code, 3) << bad.out << bad.err;
  EXPECT_EQ(shop.version("store"), "one\n") << "all are built before any is deployed";
  const auto wrong = shop.run({"deploy", "shop.yaml", "--version", "one"});
  EXPECT_EQ(wrong.exit.code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("shop.yaml#NAME"));
}

TEST(Together, AreShownOneAfterTheOther) {
  Shop shop;
  EXPECT_THAT(shop.run({"validate", "shop.yaml"}).out,
              AllOf(HasSubstr("shop.yaml#store is valid"), HasSubstr("shop.yaml#web is valid")));
  EXPECT_EQ(shop.run({"build", "shop.yaml", "--ref", "one"}).exit.code, 0);
  ASSERT_EQ(shop.run({"deploy", "shop.yaml", "--ref", "one"}).exit.code, 0);
  for (const auto* command : {"plan", "status", "history"}) {
    const auto said = shop.run({command, "shop.yaml"});
    EXPECT_EQ(said.exit.code, 0) << said.out << said.err;
    EXPECT_THAT(shop.run({command, "shop.yaml#web"}).out, Not(HasSubstr("store")));
  }
  EXPECT_THAT(shop.run({"status", "shop.yaml"}).out, AllOf(HasSubstr("store (test)"), HasSubstr("web (test)")));
}

TEST(Resume, GoesOnWithARollbackWhoseDriverWasKilled) {
  Lab::Options options;
  options.targets = 4;
  options.rollout = "  max_parallel: 1\n";
  Lab lab(options);
  lab.tag("slow", "sleep 0.3");
  lab.tag("next");
  ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "slow"}).exit.code, 0);
  ASSERT_EQ(lab.deployctl({"deploy", "deploy.yaml", "--ref", "next"}).exit.code, 0);
  auto back = lab.start({"rollback", "deploy.yaml", "--output", "json"}, "back");
  ASSERT_TRUE(eventually([&] { return read_text(lab.dir() / "back").find("target_active") != std::string::npos; }));
  (void)back.signal(SIGKILL);
  (void)back.wait();
  const std::string said = read_text(lab.dir() / "back");
  const auto at = said.find("\"rollout\":\"r-") + 11;
  const auto resumed = lab.deployctl({"resume", said.substr(at, said.find('"', at) - at), "--output", "json"});
  EXPECT_EQ(resumed.exit.code, 0) << resumed.out << resumed.err;
  EXPECT_TRUE(eventually([&] { return lab.all_run("slow"); }));
  for (unsigned t = 0; t < 4; ++t) EXPECT_EQ(lab.starts(0, t), 3u) << t;
}
