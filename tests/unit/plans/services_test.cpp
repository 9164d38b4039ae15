// Plans of several services: what they share, their order, and where their mistakes are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plans/load.hpp"
#include "tests/unit/plans/plan_files.hpp"

using namespace deployctl;
using namespace deployctl::plans;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace {

const std::string shop = R"(environment: production
fleet: fleet.yaml
build: {repo: ../shop.git, ref: v1, artifact: [{from: bin}], env: {A: shared, B: shared}}
release: {keep_releases: 3, hooks: {start: ./start}}
rollout: {max_parallel: 50%}
services:
  web: {depends_on: [api], release: {deploy_to: /srv/web}, build: {env: {B: web}}}
  api: {depends_on: [store], release: {deploy_to: /srv/api, keep_releases: 9}, rollout: {waves: [{name: all}]}}
  worker: {depends_on: [store], release: {deploy_to: /srv/worker}}
  store: {release: {deploy_to: /srv/store}, build: {artifact: [{from: lib}]}}
)";

struct Shop {
  PlanFiles files;
  std::string path;

  explicit Shop(const std::string& text = shop) {
    files.dir.write("fleet.yaml", small_fleet);
    path = files.dir.write("shop.yaml", text);
  }
  std::vector<std::string> order(const LoadOptions& options = {}) const {
    std::vector<std::string> out;
    for (const auto& plan : load_services(path, options).plans) out.push_back(plan.substr(plan.rfind('/') + 1));
    return out;
  }
  std::vector<std::string> problems(const LoadOptions& options = {}) const {
    Loaded loaded;
    loaded.problems = load_services(path, options).problems;
    return files.texts(loaded);
  }
  model::Plan plan(const std::string& service, const LoadOptions& options = {}) const {
    auto loaded = plans::load(path + "#" + service, options);
    EXPECT_THAT(files.texts(loaded), IsEmpty());
    return loaded.plan.value_or(model::Plan{});
  }
};

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  text.replace(text.find(what), what.size(), with);
  return text;
}

}  // namespace

TEST(Services, ComeAfterThoseThatTheyDependOn) {
  EXPECT_THAT(Shop().order(), ElementsAre("shop.yaml#store", "shop.yaml#api", "shop.yaml#web", "shop.yaml#worker"));
}

TEST(Services, ShareWhatStandsBesideThem) {
  const Shop files;
  const auto web = files.plan("web");
  EXPECT_EQ(web.service, "web");
  EXPECT_EQ(web.environment, "production");
  EXPECT_EQ(web.file, files.path + "#web");
  EXPECT_EQ(web.build.ref, "v1");
  EXPECT_EQ(web.release.keep_releases, 3u);
  EXPECT_EQ(web.release.deploy_to, "/srv/web");
  EXPECT_EQ(web.fleet.regions.size(), 2u);
}

TEST(Services, OwnWhatStandsBeneathThem) {
  const Shop files;
  const auto web = files.plan("web"), api = files.plan("api"), store = files.plan("store");
  EXPECT_THAT(web.build.env, ElementsAre(std::pair("A", "shared"), std::pair("B", "web")));
  EXPECT_EQ(api.release.keep_releases, 9u);
  EXPECT_EQ(api.rollout.waves.size(), 1u);
  EXPECT_EQ(web.rollout.waves.size(), 3u) << "canary, and region by region";
  ASSERT_EQ(store.build.artifact.size(), 1u) << "a list is not put together, it is replaced";
  EXPECT_EQ(store.build.artifact[0].from, "lib");
}

TEST(Services, AreOverriddenTogetherAndAlone) {
  const Shop files;
  const LoadOptions options{{}, {"release.keep_releases=4", "services.web.release.keep_releases=5"}};
  EXPECT_EQ(files.plan("store", options).release.keep_releases, 4u);
  EXPECT_EQ(files.plan("web", options).release.keep_releases, 5u);
}

TEST(Services, MistakesOfAllAreToldOnceEachAtItsPlace) {
  const Shop shared(replaced(shop, "keep_releases: 3", "keep_relases: 3"));
  EXPECT_THAT(shared.problems(),
              ElementsAre("shop.yaml:4:11: unknown key 'keep_relases' in 'release'; did you mean 'keep_releases'?"));
  const Shop own(replaced(replaced(shop, "keep_releases: 9", "keep_releases: nine"), "/srv/worker", "worker"));
  EXPECT_THAT(own.problems(), ElementsAre(HasSubstr("shop.yaml:8:"), HasSubstr("shop.yaml:9:")));
}

TEST(Services, OrdersThatCantBeAreRefused) {
  EXPECT_THAT(Shop(replaced(shop, "store: {", "store: {depends_on: [web], ")).problems(),
              ElementsAre("shop.yaml:7:21: these services wait for each other: web, api, worker, store"));
  EXPECT_THAT(Shop(replaced(shop, "depends_on: [api]", "depends_on: [apo]")).problems(),
              ElementsAre("shop.yaml:7:22: there is no service 'apo'; did you mean 'api'?"));
  EXPECT_THAT(Shop(replaced(shop, "depends_on: [api]", "depends_on: api")).problems(),
              ElementsAre(HasSubstr("shop.yaml:7:21: ")));
}

TEST(Services, OneIsNamedWhereOneIsMeant) {
  const Shop files;
  EXPECT_THAT(files.files.texts(plans::load(files.path, {})),
              ElementsAre(HasSubstr("shop.yaml:7:3: this is a plan of several services, and here one is meant; name "
                                    "it: shop.yaml#store, shop.yaml#api")));
  EXPECT_THAT(files.files.texts(plans::load(files.path + "#apo", {})),
              ElementsAre(HasSubstr("there is no service 'apo'")));
  const Shop one(small_plan);
  EXPECT_THAT(one.files.texts(plans::load(one.path + "#redis", {})),
              ElementsAre(HasSubstr("this plan has no 'services', so no 'redis'")));
  EXPECT_THAT(one.order(), ElementsAre("shop.yaml"));
}
