#include "core/transport/libssh2/handshake.hpp"

#include <algorithm>

#include "core/transport/encoding.hpp"
#include "core/transport/server_offer.hpp"

namespace deployctl::transport::detail {
namespace {

using Names = std::vector<std::string>;

const Names key_exchanges{
    "curve25519-sha256",  "curve25519-sha256@libssh.org",  "ecdh-sha2-nistp256",           "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521", "diffie-hellman-group16-sha512", "diffie-hellman-group14-sha256"};
const Names host_key_types{"ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"};
const Names ciphers{"aes128-ctr", "aes256-ctr"};
const Names macs{"hmac-sha2-256", "hmac-sha2-512"};

Names types_of(const std::vector<HostKey>& pins) {
  Names types;
  for (const auto& pin : pins)
    if (std::find(types.begin(), types.end(), pin.type) == types.end()) types.push_back(pin.type);
  return types;
}

// A key of a type that is not pinned would look like a changed key, so only pinned types are requested.
Names wanted_types(const Server& server) {
  return server.pins.empty() ? host_key_types : in_common(host_key_types, types_of(server.pins));
}

Status prefer(LIBSSH2_SESSION* raw, const Server& server) {
  struct Preference {
    int kind;
    const Names& names;
  };
  const Names types = wanted_types(server);
  for (const auto& [kind, names] :
       {Preference{LIBSSH2_METHOD_KEX, key_exchanges}, Preference{LIBSSH2_METHOD_HOSTKEY, types},
        Preference{LIBSSH2_METHOD_CRYPT_CS, ciphers}, Preference{LIBSSH2_METHOD_CRYPT_SC, ciphers},
        Preference{LIBSSH2_METHOD_MAC_CS, macs}, Preference{LIBSSH2_METHOD_MAC_SC, macs}}) {
    if (libssh2_session_method_pref(raw, kind, joined(names).c_str()) != 0)
      return fail(Code::unsupported, "libssh2 here knows none of " + joined(names));
  }
  return {};
}

std::string keyscan(const Server& server) {
  return "ssh-keyscan -p " + std::to_string(server.port) + " " + server.host + " >> known_hosts";
}

std::string shown(const std::vector<HostKey>& keys) {
  std::string out;
  for (const auto& key : keys) out += (out.empty() ? "" : ", ") + key.type + " " + key.fingerprint();
  return out;
}

Error unknown_key(const Server& server, const HostKey& key) {
  auto e = error(Code::host_key,
                 "the host key of " + server.name() + " is unknown: it showed " + key.type + " " + key.fingerprint());
  return with_hint(
      std::move(e),
      "compare this fingerprint with the host's own (ssh-keygen -lf on its public host key), then pin it: " +
          keyscan(server));
}

Error changed_key(const Server& server, const std::string& showed) {
  auto e = error(Code::host_key, "the host key of " + server.name() + " is not the pinned one: it showed " + showed +
                                     ", pinned is " + shown(server.pins));
  return with_hint(std::move(e),
                   "another machine may be answering there; if the key did change, check its fingerprint on the host, "
                   "drop the old line and pin the new key: " +
                       keyscan(server));
}

Status check_key(LIBSSH2_SESSION* raw, const Server& server) {
  std::size_t size = 0;
  int kind = 0;
  const char* blob = libssh2_session_hostkey(raw, &size, &kind);
  if (!blob) return fail(Code::host_key, server.name() + " showed no host key");
  HostKey key;
  key.blob.assign(blob, size);
  key.type = type_of_blob(key.blob);
  if (server.pins.empty()) return fail(unknown_key(server, key));
  if (std::find(server.pins.begin(), server.pins.end(), key) == server.pins.end())
    return fail(changed_key(server, key.type + " " + key.fingerprint()));
  return {};
}

// libssh2 reports only "unable to exchange keys"; the server's offer explains why.
std::optional<Error> nothing_in_common(const ServerOffer& offer, const Server& server) {
  if (!server.pins.empty() && in_common(wanted_types(server), offer.host_keys).empty() &&
      !in_common(host_key_types, offer.host_keys).empty())
    return changed_key(server, "a key of type " + joined(offer.host_keys) + " only");
  struct Kind {
    const char* what;
    const Names &ours, &theirs;
  };
  for (const auto& [what, ours, theirs] : {Kind{"host key type", host_key_types, offer.host_keys},
                                           Kind{"key exchange", key_exchanges, offer.key_exchanges},
                                           Kind{"cipher", ciphers, offer.ciphers}, Kind{"MAC", macs, offer.macs}})
    if (in_common(ours, theirs).empty())
      return error(Code::unsupported, server.name() + " and this program have no " + what + " in common: it offers " +
                                          joined(theirs) + ", this program has " + joined(ours));
  return std::nullopt;
}

}  // namespace

std::string Server::name() const {
  return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + std::to_string(port);
}

Status check_pins(const Server& server) {
  if (server.pins.empty() || !wanted_types(server).empty()) return {};
  auto e = error(Code::unsupported, "known_hosts pins only a key of type " + joined(types_of(server.pins)) + " for " +
                                        server.name() + ", which this program cannot check (ed25519 and ECDSA only)");
  return fail(
      with_hint(std::move(e), "check the fingerprint of the host's ed25519 key, then pin it: " + keyscan(server)));
}

awaitable<Status> shake_hands(std::shared_ptr<Transport> transport, Server server) {
  DEPLOYCTL_CO_CHECK(prefer(transport->raw(), server));
  std::function<long()> call = [transport] {
    const long rc{libssh2_session_handshake(transport->raw(), transport->decoy())};
    return rc == LIBSSH2_ERROR_EAGAIN && transport->secured() ? 0L : rc;
  };
  const auto rc = co_await Transport::repeat(transport, call);
  const auto offer = parse_offer(transport->greeting());
  if (!rc && !offer) co_return fail(with_context(rc.error(), "before the server's greeting"));
  if (!rc) co_return fail(with_context(rc.error(), "key exchange"));
  if (*rc != 0) {
    const Error plain = transport->explain(*rc, "key exchange");
    co_return fail(offer ? nothing_in_common(*offer, server).value_or(plain) : plain);
  }
  co_return check_key(transport->raw(), server);
}

}  // namespace deployctl::transport::detail
