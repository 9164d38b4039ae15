#include "cli/parse/arguments.hpp"

#include <charconv>

#include "cli/parse/suggestion.hpp"

namespace deployctl::cli {
namespace {

using Kind = Argument::Kind;

std::function<Status(const std::string&)> store(std::string& into) {
  return [&into](const std::string& value) -> Status {
    into = value;
    return {};
  };
}

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : between) + word;
  return out;
}

}  // namespace

std::vector<std::string> Argument::names() const {
  std::vector<std::string> out;
  std::size_t begin = 0;
  while (begin <= name.size()) {
    const auto end = std::min(name.find(',', begin), name.size());
    out.push_back(name.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

std::string Argument::usage() const {
  if (kind == Kind::optional_positional) return "[" + name + "]";
  return joined(names(), ", ") + (takes_value() ? " " + value_name : "");
}

void Arguments::positional(std::string name, std::string& into, std::string help) {
  all_.push_back({Kind::positional, std::move(name), {}, std::move(help), store(into)});
}

void Arguments::optional_positional(std::string name, std::string& into, std::string help) {
  all_.push_back({Kind::optional_positional, std::move(name), {}, std::move(help), store(into)});
}

void Arguments::flag(std::string name, bool& into, std::string help) {
  const auto take = [&into](const std::string&) -> Status {
    into = true;
    return {};
  };
  all_.push_back({Kind::flag, std::move(name), {}, std::move(help), take});
}

void Arguments::counter(std::string name, unsigned& into, std::string help) {
  const auto take = [&into](const std::string&) -> Status {
    ++into;
    return {};
  };
  all_.push_back({Kind::flag, std::move(name), {}, std::move(help), take});
}

void Arguments::option(std::string name, std::string value_name, std::string& into, std::string help) {
  all_.push_back({Kind::option, std::move(name), std::move(value_name), std::move(help), store(into)});
}

void Arguments::number(std::string name, std::string value_name, unsigned& into, std::string help) {
  const auto take = [&into, name](const std::string& value) -> Status {
    unsigned n = 0;
    const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), n);
    if (problem != std::errc() || end != value.data() + value.size())
      return fail(Code::invalid, name + ": '" + value + "' is not a whole number");
    into = n;
    return {};
  };
  all_.push_back({Kind::option, name, std::move(value_name), std::move(help), take});
}

void Arguments::choice(std::string name, std::string value_name, std::string& into, std::vector<std::string> allowed,
                       std::string help) {
  const auto take = [&into, name, allowed](const std::string& value) -> Status {
    for (const auto& word : allowed) {
      if (word != value) continue;
      into = value;
      return {};
    }
    return fail(with_hint(error(Code::invalid, name + ": unknown value '" + value + "'" + did_you_mean(value, allowed)),
                          "allowed: " + joined(allowed, ", ")));
  };
  all_.push_back({Kind::option, name, std::move(value_name), std::move(help), take});
}

void Arguments::list(std::string name, std::string value_name, std::vector<std::string>& into, std::string help) {
  const auto take = [&into](const std::string& value) -> Status {
    into.push_back(value);
    return {};
  };
  all_.push_back({Kind::list, std::move(name), std::move(value_name), std::move(help), take});
}

}  // namespace deployctl::cli
