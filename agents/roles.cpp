#include "agents/roles.hpp"

#include <cstdio>

#include "agents/malloc_tuning.hpp"
#include "agents/session_role.hpp"
#include "agents/target/target_service.hpp"
#include "core/protocol/frame.hpp"

namespace deployctl::agents {

const char* const program_name = "deploy-agent 0.1.0";

int be_target() {
  keep_pages();
  const auto make = [](asio::any_io_executor) -> Result<std::unique_ptr<serve::Service>> {
    return std::make_unique<target::TargetService>(target::TargetOptions{self_exe(), home_folder()});
  };
  auto stdio = take_session_stdio();
  if (!stdio) return report_error("target", stdio.error(), 2);
  return run_session("target", std::move(*stdio), make);
}

int print_version() {
  const auto digest = sha256_file("/proc/self/exe");
  std::printf("%s protocol %u\n", program_name, protocol::protocol_version);
  if (digest) std::printf("%s\n", digest->text().c_str());
  return 0;
}

}  // namespace deployctl::agents
