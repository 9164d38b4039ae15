// A network of its own behind one link, which can be cut and healed: a network namespace with a veth pair between it
// and ours. Needs root; possible() says whether. The cut is silent: nobody is told, packets are lost, in both
// directions. Throws when it can't be made; the destructor takes it down.
//
//   if (!Network::possible()) GTEST_SKIP() << "needs root and network namespaces";
//   Network network;
//   Sshd relay({.listen_ip = network.address(), .network = network.descriptor()});
//   network.cut();
#pragma once

#include <string>

#include "core/io/fd.hpp"

namespace deployctl::testing {

class Network {
 public:
  static bool possible();
  Network();
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  const std::string& address() const { return inner_; }  // of the far end; 127.0.0.0/8 in there is its own
  int descriptor() const { return namespace_.get(); }    // for setns
  void cut();
  void heal();

 private:
  std::string name_, inner_;
  io::Fd namespace_;
};

}  // namespace deployctl::testing
