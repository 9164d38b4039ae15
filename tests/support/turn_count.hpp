// How many turns an SSH connection takes: a turn is waiting for the other side's answer to what was said since the last
// one. On a long link each costs a round trip, and nothing else happens meanwhile.
//
// A server says some things in two breaths (its banner and what it can do; its key and that it uses it): how much the
// client gets in between is chance on loopback. They are in the clear, so they are held until both are there. A value;
// one thread.
#pragma once

#include <string>
#include <string_view>

#include "core/base/bytes.hpp"

namespace deployctl::testing {

class TurnCount {
 public:
  void client_said(BytesView) { asked_ = true; }
  // What the client may get now.
  Bytes server_said(BytesView bytes);
  // The server's end: the rest.
  Bytes server_ended() { return take_held(); }
  unsigned turns() const { return turns_; }

 private:
  bool whole() const;
  Bytes take_held();

  unsigned turns_ = 1;  // the connection itself
  bool asked_ = false;
  unsigned breaths_ = 0;  // of the two, over
  std::string held_;
};

}  // namespace deployctl::testing
