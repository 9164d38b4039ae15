// Seeds of simulated rollouts: one, told line by line, or many, silent but for those that break what must hold.
//
//   simulation --seed 4711                 this one, and what happens in it
//   simulation --seeds 1000000 --jobs 2    so many, from --first on (1)
//   simulation --seeds 10000 --broken floor|epochs|lies|ledger
//                                          with that broken on purpose; well when it is found
#include <fmt/core.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <map>

#include "tests/simulation/world.hpp"

using namespace deployctl::simulation;

namespace {

struct Options {
  std::uint64_t seed = 0, first = 1, seeds = 0;
  unsigned jobs = 1;
  Broken broken = Broken::nothing;
  std::string broken_name;
};

constexpr std::pair<const char*, Broken> kinds[] = {
    {"floor", Broken::floor}, {"epochs", Broken::epochs}, {"lies", Broken::lies}, {"ledger", Broken::ledger}};

bool read(int argc, char** argv, Options& options) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i], value = argv[i + 1];
    if (name == "--seed")
      options.seed = std::strtoull(value.c_str(), nullptr, 10);
    else if (name == "--first")
      options.first = std::strtoull(value.c_str(), nullptr, 10);
    else if (name == "--seeds")
      options.seeds = std::strtoull(value.c_str(), nullptr, 10);
    else if (name == "--jobs")
      options.jobs = static_cast<unsigned>(std::max(1UL, std::strtoul(value.c_str(), nullptr, 10)));
    else if (name == "--broken") {
      options.broken_name = value;
      for (const auto& [word, kind] : kinds)
        if (value == word) options.broken = kind;
      if (options.broken == Broken::nothing) return false;
    } else
      return false;
  }
  return argc % 2 == 1 && (options.seed > 0) != (options.seeds > 0);
}

struct Sums {
  std::map<std::string, std::uint64_t> ends;
  std::uint64_t crashes = 0, activations = 0, commands = 0;
};

// Whether some seed breaks something: all that do are named, or the first one of what is broken on purpose.
bool run_some(const Options& options, unsigned job, Sums& sums) {
  bool found = false;
  for (std::uint64_t seed = options.first + job; seed < options.first + options.seeds; seed += options.jobs) {
    const auto verdict = World(seed, options.broken, false).run();
    for (const auto& end : verdict.ends) ++sums.ends[end];
    sums.crashes += verdict.crashes;
    sums.activations += verdict.activations;
    sums.commands += verdict.rollouts;
    if (verdict.held) continue;
    fmt::print("seed {}: {}\n  see it: build/bin/simulation --seed {}{}\n", seed, verdict.broken, seed,
               options.broken_name.empty() ? "" : " --broken " + options.broken_name);
    std::fflush(stdout);
    found = true;
    if (options.broken != Broken::nothing) break;
  }
  return found;
}

int run_all(const Options& options) {
  bool found = false;
  for (unsigned job = 1; job < options.jobs; ++job)
    if (::fork() == 0) {
      Sums sums;
      ::_exit(run_some(options, job, sums) ? 1 : 0);
    }
  Sums sums;
  found = run_some(options, 0, sums);
  for (unsigned job = 1; job < options.jobs; ++job) {
    int status = 0;
    ::wait(&status);
    found = found || status != 0;
  }
  fmt::print("{} seeds{}; of the first job: {} commands, {} killed, {} activations;", options.seeds,
             options.broken_name.empty() ? "" : ", broken on purpose", sums.commands, sums.crashes, sums.activations);
  for (const auto& [end, count] : sums.ends) fmt::print(" {} {}", count, end);
  fmt::print("\n");
  const bool wanted = options.broken != Broken::nothing;
  if (wanted && !found) fmt::print("nobody noticed that {} is broken\n", options.broken_name);
  return found == wanted ? 0 : 1;
}

int run_one(const Options& options) {
  const auto verdict = World(options.seed, options.broken, true).run();
  fmt::print("{}\n", verdict.held ? "all held" : "broken: " + verdict.broken);
  return verdict.held == (options.broken == Broken::nothing) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!read(argc, argv, options)) {
    fmt::print(stderr, "simulation --seed N | --seeds N [--first N] [--jobs N]  [--broken floor|epochs|lies|ledger]\n");
    return 2;
  }
  return options.seed ? run_one(options) : run_all(options);
}
