// soak [--deployments N] [--seed N] [--verbose]: as soak.hpp says; prints what it saw. Exit 1: something was not as
// promised.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>

#include "core/base/clock.hpp"
#include "tests/soak/soak.hpp"

using namespace deployctl;

namespace {

void print(const char* when, const soak::Leftovers& left) {
  std::printf("%-12s %3zu agents, %4zu descriptors, %2zu releases at most on a target, %zu notes at targets, %.1f MB\n",
              when, left.processes, left.descriptors, left.releases, left.notes, static_cast<double>(left.bytes) / 1e6);
}

void print_seen(const soak::Soak& soak) {
  std::printf("\n%-28s %s\n", "step", "exit codes");
  for (const auto& [what, codes] : soak.seen()) {
    std::printf("%-28s", what.c_str());
    for (const auto& [code, times] : codes) std::printf(" %d: %u times ", code, times);
    std::printf("\n");
  }
}

}  // namespace

int main(int argc, char** argv) {
  unsigned long deployments = 500, seed = std::random_device{}();
  bool verbose = false;
  if (argc > 1 && !std::strcmp(argv[argc - 1], "--verbose")) verbose = true, --argc;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!std::strcmp(argv[i], "--deployments"))
      deployments = std::strtoul(argv[i + 1], nullptr, 10);
    else if (!std::strcmp(argv[i], "--seed"))
      seed = std::strtoul(argv[i + 1], nullptr, 10);
    else
      return std::fprintf(stderr, "usage: soak [--deployments N] [--seed N] [--verbose]\n"), 2;
  }
  std::printf("%lu deployments, seed %lu\n", deployments, seed);
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  soak::Soak soak(seed);
  if (verbose) std::printf("in %s\n", soak.folder().c_str());
  unsigned long wrong = 0;
  const auto began = system_clock().steady();
  const unsigned long look_every = std::max(20ul, deployments / 10);
  for (unsigned long i = 1; i <= deployments; ++i) {
    const bool well = soak.step();
    if (verbose) std::printf("%4lu  %-28s %s\n", i, soak.what().c_str(), soak.stack().c_str());
    if (!well) {
      ++wrong;
      std::printf("deployment %lu, %s: %s\n", i, soak.what().c_str(), soak.wrong().c_str());
    }
    if (i % look_every == 0 || i == deployments) print(("after " + std::to_string(i)).c_str(), soak.leftovers());
    if (wrong > 3) break;
  }
  const auto took = std::chrono::duration<double>(system_clock().steady() - began).count();
  print_seen(soak);
  std::printf("\n%lu of %lu were as promised; %.2f s each\n", deployments - wrong, deployments,
              took / static_cast<double>(deployments));
  return wrong == 0 ? 0 : 1;
}
