// SSH settings for logging in to relays and targets: the keys of relay_ssh and target_ssh. They can be set for the
// fleet, for a region and for a single entry; the most specific setting applies. Pointers refer to Values owned by the
// YamlSource.
#pragma once

#include <optional>
#include <string>

#include "core/model/endpoint.hpp"
#include "plans/keys/keys.hpp"
#include "plans/keys/variables.hpp"

namespace deployctl::plans {

struct SshKeys {
  std::optional<std::string> user;
  std::optional<unsigned> port;
  const Value* identity_file = nullptr;
  const Value* direct_identity_file = nullptr;  // targets only
  const Value* ssh_config = nullptr;            // relays only

  SshKeys over(const SshKeys& wider) const;
};

void read_relay_ssh(const Cursor& at, SshKeys& into);
void read_target_ssh(const Cursor& at, SshKeys& into);
void list_relay_ssh(const std::string& prefix, std::vector<std::string>& into);
void list_target_ssh(const std::string& prefix, std::vector<std::string>& into);

// Keys for any type T for which ssh_of(T&) returns SshKeys.
inline SshKeys& ssh_of(SshKeys& keys) { return keys; }
void read_user(const Cursor& at, SshKeys& into);
void read_port(const Cursor& at, SshKeys& into);
void read_direct(const Cursor& at, SshKeys& into);
void list_direct(const std::string& prefix, std::vector<std::string>& into);

template <class T>
constexpr Key<T> user_key() {
  return {"user", Need::optional, "a user name", [](const Cursor& at, T& t) { read_user(at, ssh_of(t)); }};
}
template <class T>
constexpr Key<T> port_key() {
  return {"port", Need::optional, "a port", [](const Cursor& at, T& t) { read_port(at, ssh_of(t)); }};
}
template <class T>
constexpr Key<T> identity_file_key() {
  return {"identity_file", Need::optional, "the path of a private key", [](const Cursor& at, T& t) {
            if (const auto path = read_text(at); path && has_no_variable(at, *path))
              ssh_of(t).identity_file = &at.value();
          }};
}
template <class T>
constexpr Key<T> ssh_config_key() {
  return {"ssh_config", Need::optional, "the path of an ssh_config file", [](const Cursor& at, T& t) {
            if (const auto path = read_text(at); path && has_no_variable(at, *path)) ssh_of(t).ssh_config = &at.value();
          }};
}
template <class T>
constexpr Key<T> direct_key() {
  return {"direct", Need::optional, "{identity_file: PATH}", [](const Cursor& at, T& t) { read_direct(at, ssh_of(t)); },
          list_direct};
}

}  // namespace deployctl::plans
