#include "core/transport/libssh2/user_auth.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "core/transport/encoding.hpp"
#include "core/transport/key_agent.hpp"
#include "core/transport/key_file.hpp"

namespace deployctl::transport::detail {
namespace {

// sshd's MaxAuthTries is 6; it drops a connection that exceeds it.
constexpr std::size_t max_tries = 5;

// One key to offer, from a file or from ssh-agent.
struct Offer {
  std::string type, blob, shown;
  std::optional<KeyFile> file;  // empty: ssh-agent signs
};

// The keys to offer, and notes about keys that cannot be offered.
struct Offers {
  std::vector<Offer> usable;
  std::vector<std::string> notes;
  bool foreign = false;  // a key of an unsupported type was found
  std::string hint;
};

std::string shown_type(const std::string& type) {
  if (type.starts_with("ssh-rsa") || type.starts_with("rsa-")) return "RSA";
  return type.empty() ? "unknown" : type;
}

void note_foreign(Offers& offers, const std::string& type, const std::string& where) {
  offers.foreign = true;
  offers.notes.push_back(where + " is an " + shown_type(type) +
                         " key, which this program cannot sign with (ed25519 and ECDSA only)");
  offers.hint = "make a key with ssh-keygen -t ed25519 and add it to the host's authorized_keys";
}

// Contacts ssh-agent only if needed: an unencrypted key file does not need it.
class Collector {
 public:
  void all_of_agent(Offers& offers) {
    ask_agent();
    for (const auto& identity : identities_) {
      const std::string type = type_of_blob(identity.blob);
      if (can_sign_with(type))
        add(offers, type, identity.blob, "ssh-agent's " + identity.comment);
      else
        note_foreign(offers, type, "ssh-agent's " + identity.comment);
    }
    if (!agent_words_.empty()) offers.notes.push_back(agent_words_);
  }

  void file(Offers& offers, const std::string& path, bool must_exist) {
    auto key = load_key_file(path);
    if (key && !key->type.empty() && !can_sign_with(key->type)) return note_foreign(offers, key->type, path);
    if (key && !key->locked) return add_file(offers, std::move(*key));
    if (!key && key.error().code == Code::not_found && !must_exist) return;
    const std::string why = key ? path + " wants a passphrase" : key.error().text();
    if (!from_agent(offers, key ? key->blob : "", path)) {
      offers.notes.push_back(
          why + (agent_words_.empty() ? ", and ssh-agent does not hold that key" : ", and " + agent_words_));
      offers.hint = "ssh-add " + path + " unlocks it for ssh-agent";
    }
  }

 private:
  void ask_agent() {
    if (std::exchange(asked_, true)) return;
    auto agent = KeyAgent::connect();
    auto listed = agent ? agent->list() : fail(agent.error());
    if (listed)
      identities_ = std::move(*listed);
    else
      agent_words_ = listed.error().text();
  }

  static void add(Offers& offers, const std::string& type, const std::string& blob, const std::string& where) {
    for (const auto& offer : offers.usable)
      if (!blob.empty() && offer.blob == blob) return;
    offers.usable.push_back({type, blob, blob.empty() ? where : where + " (" + fingerprint_of(blob) + ")", {}});
  }

  static void add_file(Offers& offers, KeyFile key) {
    const std::size_t before = offers.usable.size();
    add(offers, key.type, key.blob, key.path);
    if (offers.usable.size() > before) offers.usable.back().file = std::move(key);
  }

  // Finds the key in ssh-agent by its public key, for a file that is encrypted or missing.
  bool from_agent(Offers& offers, std::string blob, const std::string& path) {
    ask_agent();
    if (blob.empty()) {
      const auto half = load_public_key(path);
      if (!half) return false;
      blob = half->blob;
    }
    const std::string type = type_of_blob(blob);
    if (!can_sign_with(type)) return note_foreign(offers, type, path), true;
    const auto has = [&](const KeyAgent::Identity& identity) { return identity.blob == blob; };
    if (std::none_of(identities_.begin(), identities_.end(), has)) return false;
    add(offers, type, blob, path + " by ssh-agent");
    return true;
  }

  bool asked_ = false;
  std::vector<KeyAgent::Identity> identities_;
  std::string agent_words_;  // why ssh-agent has no keys
};

Offers collect(const Credentials& credentials) {
  Offers offers;
  Collector collector;
  if (!credentials.only_files) collector.all_of_agent(offers);
  for (const auto& path : credentials.files) collector.file(offers, path, credentials.only_files);
  return offers;
}

// Called by libssh2 with the data to sign. `*abstract` is the key's public blob.
int sign_by_agent(LIBSSH2_SESSION*, unsigned char** signature, std::size_t* size, const unsigned char* data,
                  std::size_t n, void** abstract) {
  const auto& blob = *static_cast<const std::string*>(*abstract);
  auto agent = KeyAgent::connect();
  if (!agent) return -1;
  const auto made = agent->sign(blob, {reinterpret_cast<const char*>(data), n});
  if (!made) return -1;
  *signature = static_cast<unsigned char*>(std::malloc(made->size()));
  if (!*signature) return -1;
  std::memcpy(*signature, made->data(), made->size());
  *size = made->size();
  return 0;
}

// Sends the request for the first channel together with the signature of the last key, which saves a round trip: the
// server processes one after the other. session.cpp continues the opening. This is limited to the last key, because
// after a refusal libssh2 would wait forever for that channel.
std::function<long()> with_channel_ahead(std::shared_ptr<Transport> transport, std::function<long()> offering) {
  return [transport, offering, asked = false, before = transport->packets()]() mutable {
    const long rc = offering();
    // The first packet asks whether the server accepts the key, the second carries the signature.
    const bool signature_sent = transport->packets() == before + 2;
    if (rc == LIBSSH2_ERROR_EAGAIN && signature_sent && !std::exchange(asked, true))
      (void)libssh2_channel_open_session(transport->raw());
    return rc;
  };
}

awaitable<Result<long>> offer_one(std::shared_ptr<Transport> transport, std::shared_ptr<Offer> offer, std::string user,
                                  bool last) {
  // With the public key given, libssh2 does not derive it, which leaks a little memory for ECDSA.
  const auto half =
      std::make_shared<std::string>(offer->blob.empty() ? "" : offer->type + " " + to_base64(offer->blob));
  std::function<long()> by_file = [transport, offer, user, half] {
    const auto& text = offer->file->text;
    return long{libssh2_userauth_publickey_frommemory(transport->raw(), user.data(), user.size(),
                                                      half->empty() ? nullptr : half->data(), half->size(), text.data(),
                                                      text.size(), nullptr)};
  };
  const auto abstract = std::make_shared<void*>(&offer->blob);
  std::function<long()> by_agent = [transport, offer, user, abstract] {
    const auto& blob = offer->blob;
    return long{libssh2_userauth_publickey(transport->raw(), user.c_str(),
                                           reinterpret_cast<const unsigned char*>(blob.data()), blob.size(),
                                           &sign_by_agent, abstract.get())};
  };
  std::function<long()> offering = offer->file ? by_file : by_agent;
  if (last) offering = with_channel_ahead(transport, std::move(offering));
  co_return co_await Transport::repeat(transport, std::move(offering));
}

bool is_no(long rc) {
  return rc == LIBSSH2_ERROR_AUTHENTICATION_FAILED || rc == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED ||
         rc == LIBSSH2_ERROR_FILE || rc == LIBSSH2_ERROR_METHOD_NONE;
}

std::string listed(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : "; ") + word;
  return out;
}

Error nothing_to_offer(const Offers& offers, const std::string& login) {
  const auto code = offers.foreign ? Code::unsupported : Code::authentication;
  const std::string why =
      offers.notes.empty() ? "no identity_file, no ssh-agent, no ~/.ssh/id_ed25519 or id_ecdsa" : listed(offers.notes);
  auto e = error(code, "log in as " + login + ": no key to offer: " + why);
  return with_hint(std::move(e),
                   offers.hint.empty() ? "name a key as identity_file, or add one with ssh-add" : offers.hint);
}

Error none_taken(const Offers& offers, const std::vector<std::string>& tried, const std::string& login) {
  std::string text = "log in as " + login + ": the server accepts none of our keys; tried " + listed(tried);
  if (!offers.notes.empty()) text += "; not tried: " + listed(offers.notes);
  if (offers.usable.size() > tried.size())
    text += "; " + std::to_string(offers.usable.size() - tried.size()) + " more were not tried";
  return with_hint(error(Code::authentication, text),
                   "check authorized_keys of that user on the host; identity_file names one key");
}

}  // namespace

awaitable<Status> authenticate(std::shared_ptr<Transport> transport, Credentials credentials, std::string server) {
  const std::string login = credentials.user + "@" + server;
  Offers offers = collect(credentials);
  if (offers.usable.empty()) co_return fail(nothing_to_offer(offers, login));
  std::vector<std::string> tried;
  for (auto& each : offers.usable) {
    if (tried.size() == max_tries) break;
    const auto offer = std::make_shared<Offer>(std::move(each));
    const bool last = tried.size() + 1 == std::min(max_tries, offers.usable.size());
    const auto rc = co_await offer_one(transport, offer, credentials.user, last);
    if (offer->file) OPENSSL_cleanse(offer->file->text.data(), offer->file->text.size());
    if (rc && *rc == 0) co_return Status{};
    tried.push_back(offer->shown);
    if (rc && is_no(*rc)) continue;
    // sshd disconnects after MaxAuthTries, and if the user is not allowed to log in at all.
    auto why = rc ? transport->explain(*rc, "authentication") : rc.error();
    if (why.code != Code::disconnected) co_return fail(std::move(why));
    co_return fail(with_context(std::move(why), "log in as " + login));
  }
  co_return fail(none_taken(offers, tried, login));
}

}  // namespace deployctl::transport::detail
