#include "agents/roles.hpp"

#include <cstdio>

#include "agents/session_role.hpp"
#include "agents/target/target_service.hpp"
#include "core/wire/frame.hpp"

namespace deployctl::agents {

const char* const program_name = "deploy-agent 0.1.0";

int be_target() {
  target::TargetService service({self_exe(), home_folder()});
  return run_session(service, "target");
}

int print_version() {
  const auto digest = sha256_file("/proc/self/exe");
  std::printf("%s protocol %u\n", program_name, wire::protocol_version);
  if (digest) std::printf("%s\n", digest->text().c_str());
  return 0;
}

}  // namespace deployctl::agents
