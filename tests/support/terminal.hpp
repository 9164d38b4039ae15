// A program that runs on a terminal of its own (a pty), as a person starts it: what it shows is collected, and keys are
// typed. Throws when the program can't be started, or doesn't do within a minute what a test waits for.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace deployctl::testing {

class Terminal {
 public:
  struct Size {
    unsigned short columns = 80, rows = 24;
  };
  Terminal(std::vector<std::string> argv, const std::string& cwd, std::vector<std::string> env)
      : Terminal(std::move(argv), cwd, std::move(env), Size{}) {}
  Terminal(std::vector<std::string> argv, const std::string& cwd, std::vector<std::string> env, Size size);
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void wait_for(const std::string& text);  // anywhere in what was shown so far
  void type(const std::string& keys);      // "\x03" is Ctrl-C, "\x04" the end of input
  void signal(int number);
  int wait();  // its exit code; 128 + the signal that killed it
  const std::string& shown() const { return shown_; }

 private:
  bool read_more(int timeout_ms);

  int fd_ = -1;
  pid_t pid_ = -1;
  std::string shown_;
};

// What is left on the screen of these bytes: cursor movements up and erasures, as the live block uses them, are
// followed.
std::string screen_after(const std::string& bytes);

}  // namespace deployctl::testing
