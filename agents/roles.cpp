#include "agents/roles.hpp"

#include <malloc.h>
#include <sys/resource.h>

#include <cstdio>

#include "agents/dial_target.hpp"
#include "agents/relay/relay_service.hpp"
#include "agents/session_role.hpp"
#include "agents/target/target_service.hpp"
#include "core/wire/frame.hpp"

namespace deployctl::agents {
namespace {

// A relay holds a socket for each target and two descriptors for each request: the usual soft limit of 1024 is soon reached.
void allow_many_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// Chunks come and go by the megabyte; left alone, malloc soon keeps them all in its heap.
void give_memory_back() { ::mallopt(M_MMAP_THRESHOLD, 128 * 1024); }

}  // namespace

const char* const program_name = "deploy-agent 0.1.0";

int be_target() {
  const auto make = [](asio::any_io_executor) -> Result<std::unique_ptr<serve::Service>> {
    return std::make_unique<target::TargetService>(target::TargetOptions{self_exe(), home_folder()});
  };
  return run_session("target", make);
}

int be_relay() {
  allow_many_descriptors();
  give_memory_back();
  const auto make = [](asio::any_io_executor executor) -> Result<std::unique_ptr<serve::Service>> {
    DEPLOYCTL_TRY(image, remote::AgentImage::load("/proc/self/exe"));
    const std::string home = home_folder();
    relay::RelayOptions options;
    options.cache_folder = home + "/.cache/deployctl/chunks";
    return std::make_unique<relay::RelayService>(executor, dial_target(executor, std::move(image), home), options);
  };
  return run_session("relay", make);
}

int print_version() {
  const auto digest = sha256_file("/proc/self/exe");
  std::printf("%s protocol %u\n", program_name, wire::protocol_version);
  if (digest) std::printf("%s\n", digest->text().c_str());
  return 0;
}

}  // namespace deployctl::agents
