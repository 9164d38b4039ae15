#include "tests/support/keys.hpp"

#include <map>
#include <mutex>
#include <sstream>

#include "tests/support/process.hpp"
#include "tests/support/temp_dir.hpp"

namespace deployctl::testing {
namespace {

struct Ring {
  std::mutex mutex;
  TempDir dir;
  std::map<std::string, Key> keys;
};

Ring& ring() {
  static Ring ring;
  return ring;
}

Key make(const std::string& path, const std::string& kind, const std::string& passphrase) {
  check_program({"ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "", "-f", path});
  Key key;
  key.path = path;
  std::istringstream line(read_text(path + ".pub"));
  std::string type, blob;
  line >> type >> blob;
  key.public_line = type + " " + blob;
  std::istringstream shown(check_program({"ssh-keygen", "-l", "-E", "sha256", "-f", path + ".pub"}));
  std::string bits;
  shown >> bits >> key.fingerprint;
  return key;
}

const Key& made(const std::string& kind, const std::string& name, const std::string& passphrase) {
  Ring& all = ring();
  const std::lock_guard lock(all.mutex);
  const std::string id = kind + "-" + name;
  auto found = all.keys.find(id);
  if (found == all.keys.end()) found = all.keys.emplace(id, make(all.dir / id, kind, passphrase)).first;
  return found->second;
}

}  // namespace

const Key& key(const std::string& kind, const std::string& name) { return made(kind, name, ""); }
const Key& locked_key(const std::string& name, const std::string& passphrase) {
  return made("ed25519", "locked-" + name, passphrase);
}

}  // namespace deployctl::testing
