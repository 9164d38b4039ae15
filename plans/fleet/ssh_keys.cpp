#include "plans/fleet/ssh_keys.hpp"

#include "plans/keys/variables.hpp"

namespace deployctl::plans {
namespace {

constexpr std::array relay_ssh_keys{user_key<SshKeys>(), port_key<SshKeys>(), identity_file_key<SshKeys>(),
                                    ssh_config_key<SshKeys>()};
constexpr std::array target_ssh_keys{user_key<SshKeys>(), port_key<SshKeys>(), identity_file_key<SshKeys>(),
                                     direct_key<SshKeys>()};
constexpr std::array direct_keys{identity_file_key<SshKeys>()};

}  // namespace

SshKeys SshKeys::over(const SshKeys& wider) const {
  SshKeys out = *this;
  if (!out.user) out.user = wider.user;
  if (!out.port) out.port = wider.port;
  if (!out.identity_file) out.identity_file = wider.identity_file;
  if (!out.direct_identity_file) out.direct_identity_file = wider.direct_identity_file;
  if (!out.ssh_config) out.ssh_config = wider.ssh_config;
  return out;
}

void read_user(const Cursor& at, SshKeys& into) {
  if (auto user = read_argument(at); user && has_no_variable(at, *user)) into.user = std::move(*user);
}

void read_port(const Cursor& at, SshKeys& into) { into.port = read_number(at, 1, 65535); }

void read_direct(const Cursor& at, SshKeys& into) {
  SshKeys direct;
  if (read_map(at, direct_keys, direct)) into.direct_identity_file = direct.identity_file;
}

void read_relay_ssh(const Cursor& at, SshKeys& into) { read_map(at, relay_ssh_keys, into); }
void read_target_ssh(const Cursor& at, SshKeys& into) { read_map(at, target_ssh_keys, into); }

void list_relay_ssh(const std::string& prefix, std::vector<std::string>& into) {
  list_keys(relay_ssh_keys, prefix, into);
}
void list_target_ssh(const std::string& prefix, std::vector<std::string>& into) {
  list_keys(target_ssh_keys, prefix, into);
}
void list_direct(const std::string& prefix, std::vector<std::string>& into) { list_keys(direct_keys, prefix, into); }

}  // namespace deployctl::plans
