#include "core/secret/resolve.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "core/text/url_text.hpp"
#include "tests/support/temp_dir.hpp"

using namespace deployctl;
using deployctl::testing::TempDir;
using From = model::SecretSource::From;
using ::testing::HasSubstr;

TEST(Secret, ComesFromAFileAVariableOrACommand) {
  const TempDir dir;
  std::ofstream(dir / "token") << "from a file\n";
  ::setenv("DEPLOYCTL_TEST_TOKEN", "from a variable", 1);
  EXPECT_EQ(secret::resolve({From::file, dir / "token"}).value(), "from a file");
  EXPECT_EQ(secret::resolve({From::env, "DEPLOYCTL_TEST_TOKEN"}).value(), "from a variable");
  EXPECT_EQ(secret::resolve({From::command, "cat token", dir.path()}).value(), "from a file");
  EXPECT_EQ(secret::resolve({From::command, "printf 'no line end'"}).value(), "no line end");
  EXPECT_EQ(secret::resolve("written out").value(), "written out");
}

TEST(Secret, WhatCantBeReadIsNamedByItsSourceAndNeverByItsValue) {
  const TempDir dir;
  std::ofstream(dir / "empty") << "\n";
  std::ofstream(dir / "two") << "canary-one\ncanary-two\n";
  std::ofstream(dir / "long") << std::string(70'000, 'x');
  ::setenv("DEPLOYCTL_TEST_EMPTY", "", 1);
  ::unsetenv("DEPLOYCTL_TEST_UNSET");
  for (const auto& source :
       std::vector<model::SecretSource>{{From::file, dir / "missing"},
                                        {From::file, dir / "empty"},
                                        {From::file, dir / "two"},
                                        {From::file, dir / "long"},
                                        {From::file, dir.path()},
                                        {From::env, "DEPLOYCTL_TEST_UNSET"},
                                        {From::env, "DEPLOYCTL_TEST_EMPTY"},
                                        {From::command, "echo canary-out; echo canary-err >&2; exit 3"},
                                        {From::command, "true"},
                                        {From::command, "printf 'a\\tb'"}}) {
    const auto value = secret::resolve(source);
    ASSERT_FALSE(value) << source.shown();
    EXPECT_EQ(value.error().code, Code::invalid);
    EXPECT_THAT(value.error().text(), HasSubstr("the secret " + source.shown() + " can't be read: "));
    if (source.from != From::command) {
      EXPECT_EQ(value.error().text().find("canary"), std::string::npos) << value.error().text();
    }
  }
  EXPECT_THAT(secret::resolve({From::command, "echo x; exit 3"}).error().text(), HasSubstr("exit status 3"));
}

TEST(UrlText, ShowsOnlySchemeHostAndPort) {
  EXPECT_EQ(url_origin("https://user:pw@host.example:8443/services/T0/x?token=y#z"), "https://host.example:8443");
  EXPECT_EQ(url_origin("https://token@host/x"), "https://host");
  EXPECT_EQ(url_origin("https://user:p/w@host/x"), "https://host");
  EXPECT_EQ(url_origin("https://host?token=x"), "https://host");
  EXPECT_EQ(url_origin("https://host/@x"), "https://host");
  EXPECT_EQ(url_origin("https://host:80/@x"), "https://host:80");
  EXPECT_EQ(url_origin("http://[::1]:9/x"), "http://[::1]:9");
  EXPECT_EQ(url_origin("no url"), "");
  EXPECT_EQ(with_url_origins("failed to ask 'https://u:p@h/x?y', then http://k/t"),
            "failed to ask 'https://h', then http://k");
  EXPECT_EQ(with_url_origins("nothing here"), "nothing here");
}

TEST(UrlText, WhatAServerRepeatsOfAUrlIsLeftOut) {
  const auto secrets = url_secrets("https://user:pass-word@hooks.example/services/T00000/secret?key=long-key");
  EXPECT_EQ(without("Cannot POST /services/T00000/secret?key=long-key", secrets), "Cannot POST ...");
  EXPECT_EQ(without("no service T00000 for long-key at hooks.example (pass-word)", secrets),
            "no service ... for ... at hooks.example (...)");
}
