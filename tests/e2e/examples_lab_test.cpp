// How the examples' lab is left (examples/lab.sh): whatever its services do meanwhile, the example's own status is
// kept, and nothing of it stays behind.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"

using namespace deployctl;
using namespace deployctl::testing;

namespace {

// An example that has a lab, does `script` with it and is over.
host::Output example_that(const TempDir& dir, const std::string& script) {
  const std::string begin =
      "set -euo pipefail; . " TEST_SOURCE_DIR "/examples/lab.sh; trap clean_up EXIT; lab=$1; mkdir -p $lab/eu-11; ";
  return run_program({"/bin/bash", "-c", begin + script, "example", dir / "lab"});
}

}  // namespace

TEST(ExamplesLab, EndsWellThoughAServiceIsGoneAlready) {
  const TempDir dir;
  const auto said = example_that(dir, "true & echo $! >$lab/eu-11/sshd.pid; wait");
  EXPECT_EQ(said.exit.code, 0) << said.err;
  EXPECT_FALSE(std::filesystem::exists(dir / "lab"));
}

TEST(ExamplesLab, KeepsTheStatusOfAnExampleThatFailed) {
  const TempDir dir;
  EXPECT_EQ(example_that(dir, "true & echo $! >$lab/eu-11/sshd.pid; wait; exit 7").exit.code, 7);
  EXPECT_FALSE(std::filesystem::exists(dir / "lab"));
}

// As nginx does: it removes what it has, and its last words are files.
TEST(ExamplesLab, WaitsForAServiceThatStillWrites) {
  const TempDir dir;
  dir.write("service", R"(
    trap 'for n in $(seq 300); do mkdir -p "$1/$n" && : >"$1/$n/word"; done; exit' TERM
    echo $$ >"$1/new" && mv "$1/new" "$1/sshd.pid"
    while :; do sleep 0.01; done)");
  const auto said =
      example_that(dir, "bash $1/../service $lab/eu-11 & until [ -e $lab/eu-11/sshd.pid ]; do sleep 0.01; done");
  EXPECT_EQ(said.exit.code, 0) << said.err;
  EXPECT_EQ(said.err, "");
  EXPECT_FALSE(std::filesystem::exists(dir / "lab"));
}
