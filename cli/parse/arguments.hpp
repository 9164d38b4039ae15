// What a command takes, said once: the parser, the help text and the tests of the manual pages all read it. Each
// argument is bound to a field of the command's options, which must live as long as the Arguments. A value; one thread.
// Mistakes in values come back as Code::invalid with words for the user.
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
  std::string value_name;  // "REF"; of options and lists
  std::string help;
  // Called once for each time that it is given: with its value, with "" for a flag.
  std::function<Status(const std::string&)> take;

  bool is_positional() const { return kind == Kind::positional || kind == Kind::optional_positional; }
  bool takes_value() const { return kind == Kind::option || kind == Kind::list; }
  std::vector<std::string> names() const;  // "-v", "--verbose"
  // How help writes it: "--ref REF", "-v, --verbose", "[DIR]".
  std::string usage() const;
};

class Arguments {
 public:
  void positional(std::string name, std::string& into, std::string help);
  void optional_positional(std::string name, std::string& into, std::string help);
  void flag(std::string name, bool& into, std::string help);
  void counter(std::string name, unsigned& into, std::string help);  // a flag that may be repeated
  // The last one counts when given twice.
  void option(std::string name, std::string value_name, std::string& into, std::string help);
  void number(std::string name, std::string value_name, unsigned& into, std::string help);
  void choice(std::string name, std::string value_name, std::string& into, std::vector<std::string> allowed,
              std::string help);
  // May be given several times; every value is kept, in order.
  void list(std::string name, std::string value_name, std::vector<std::string>& into, std::string help);

  const std::vector<Argument>& all() const { return all_; }

 private:
  std::vector<Argument> all_;
};

}  // namespace deployctl::cli
