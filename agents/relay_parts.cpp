#include "agents/relay_parts.hpp"

#include <sys/resource.h>

#include "agents/dial_target.hpp"
#include "agents/malloc_tuning.hpp"
#include "agents/session_role.hpp"

namespace deployctl::agents {
namespace {

// A relay holds a socket for each target and two descriptors for each request, which soon exceeds the usual soft limit
// of 1024.
void allow_many_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

Result<std::shared_ptr<relay::RelayShared>> make_relay_shared(asio::any_io_executor executor, bool stays) {
  allow_many_descriptors();
  keep_pages();
  DEPLOYCTL_TRY(image, remote::AgentImage::load("/proc/self/exe"));
  const std::string home = home_folder();
  relay::RelayOptions options;
  options.cache_folder = home + "/.cache/deployctl/chunks";
  if (stays) options.desires_folder = home + "/.local/state/deployctl/desires";
  return std::make_shared<relay::RelayShared>(executor, dial_target(executor, std::move(image), home), options);
}

Result<std::unique_ptr<serve::Service>> make_relay_service(asio::any_io_executor executor) {
  DEPLOYCTL_TRY(shared, make_relay_shared(std::move(executor), false));
  return std::make_unique<relay::RelayService>(std::move(shared), relay::RelayService::Callers::one);
}

}  // namespace deployctl::agents
