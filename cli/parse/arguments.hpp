// Declares the arguments of a command once, for the parser, the help text and the tests of the man pages. Each argument
// is bound to a field of the command's options, which must outlive the Arguments. A value; one thread. Invalid values
// are reported as Code::invalid with a message for the user.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace deployctl::cli {

struct Argument {
  enum class Kind { positional, optional_positional, flag, option, list };
  Kind kind;
  std::string name;        // "PLAN", "--ref", "-v,--verbose"
  std::string value_name;  // "REF"; for options and lists
  std::string help;
  // Called once per occurrence, with the value, or with "" for a flag.
  std::function<Status(const std::string&)> take;

  bool is_positional() const { return kind == Kind::positional || kind == Kind::optional_positional; }
  bool takes_value() const { return kind == Kind::option || kind == Kind::list; }
  std::vector<std::string> names() const;  // "-v", "--verbose"
  // The form shown in help: "--ref REF", "-v, --verbose", "[DIR]".
  std::string usage() const;
};

class Arguments {
 public:
  void positional(std::string name, std::string& into, std::string help);
  void optional_positional(std::string name, std::string& into, std::string help);
  void flag(std::string name, bool& into, std::string help);
  void counter(std::string name, unsigned& into, std::string help);  // a flag that may be repeated
  // If an option is given more than once, the last value applies.
  void option(std::string name, std::string value_name, std::string& into, std::string help);
  void number(std::string name, std::string value_name, unsigned& into, std::string help);
  void choice(std::string name, std::string value_name, std::string& into, std::vector<std::string> allowed,
              std::string help);
  // May be given several times; all values are kept in order.
  void list(std::string name, std::string value_name, std::vector<std::string>& into, std::string help);

  const std::vector<Argument>& all() const { return all_; }

 private:
  std::vector<Argument> all_;
};

}  // namespace deployctl::cli
