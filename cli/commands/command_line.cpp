#include "cli/commands/command_line.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <memory>

#include "cli/parse/help.hpp"
#include "cli/parse/suggestion.hpp"

namespace deployctl::cli {
namespace {

// One command with what it takes and CLI11's view of it. The root has no command.
struct Level {
  std::string path;
  const Command* command = nullptr;
  CLI::App* app = nullptr;
  Arguments own;
  Arguments everywhere;
  std::vector<std::pair<const Argument*, CLI::Option*>> bound;
  std::vector<std::unique_ptr<Level>> below;
};

void bind(Level& level, const Argument& argument) {
  CLI::Option* option = nullptr;
  if (argument.kind == Argument::Kind::flag) {
    option = level.app->add_flag(argument.name)->disable_flag_override();
  } else {
    option = level.app->add_option(argument.name)->type_size(1)->allow_extra_args(false);
    if (!argument.is_positional()) option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }
  level.bound.emplace_back(&argument, option);
}

void build(Level& level, const std::vector<Command>& commands, Globals& globals) {
  level.app->set_help_flag("-h,--help");
  // Whether something is missing or too much is said by us, in our own words.
  level.app->allow_extras();
  // One command at a level: after it a word that bears another's name is a word.
  level.app->require_subcommand(0, 1);
  if (level.command && level.command->declare) level.command->declare(level.own);
  declare_globals(level.everywhere, globals);
  for (const auto& argument : level.own.all()) bind(level, argument);
  for (const auto& argument : level.everywhere.all()) bind(level, argument);
  for (const auto& command : commands) {
    auto& next = *level.below.emplace_back(std::make_unique<Level>());
    next.path = (level.path.empty() ? "" : level.path + " ") + command.name;
    next.command = &command;
    next.app = level.app->add_subcommand(command.name);
    build(next, command.subcommands, globals);
  }
}

// From the root to the command that was named, as far as it was.
std::vector<Level*> named(Level& root) {
  std::vector<Level*> out{&root};
  for (bool deeper = true; deeper;) {
    deeper = false;
    for (const auto& next : out.back()->below) {
      if (!next->app->parsed()) continue;
      out.push_back(next.get());
      deeper = true;
      break;
    }
  }
  return out;
}

std::string program(const Level& level) { return level.path.empty() ? "deployctl" : "deployctl " + level.path; }

Error mistake(const Level& level, const std::string& message) {
  return with_hint(error(Code::invalid, message), "`" + program(level) + " --help` shows what there is");
}

std::vector<std::string> options_of(const Level& level) {
  std::vector<std::string> out{"--help"};
  for (const auto* arguments : {&level.own, &level.everywhere})
    for (const auto& argument : arguments->all())
      if (!argument.is_positional())
        for (auto& name : argument.names()) out.push_back(std::move(name));
  return out;
}

Error unknown_option(const Level& level, const std::string& word) {
  const auto name = word.substr(0, word.find('='));
  return mistake(level, "unknown option '" + name + "'" + did_you_mean(name, options_of(level)));
}

Error unknown_command(const Level& level, const std::string& word) {
  const auto path = (level.path.empty() ? "" : level.path + " ") + word;
  std::vector<std::string> known;
  for (const auto& next : level.below) known.push_back(next->command->name);
  return mistake(level, "unknown command '" + path + "'" + did_you_mean(word, known));
}

Error too_much(const Level& level, const std::string& word) {
  if (word.size() > 1 && word[0] == '-') return unknown_option(level, word);
  if (!level.below.empty()) return unknown_command(level, word);
  return mistake(level, "`" + program(level) + "` takes no '" + word + "'");
}

std::optional<Error> check_complete(const Level& level) {
  if (!level.below.empty())
    return mistake(level, level.command ? "which `" + program(level) + "` command?" : "which command?");
  for (const auto& [argument, option] : level.bound)
    if (argument->kind == Argument::Kind::positional && option->count() == 0)
      return mistake(level, "`" + program(level) + "` needs " + argument->name + ", " + argument->help);
  return {};
}

std::optional<Error> take_values(const Level& level) {
  for (const auto& [argument, option] : level.bound) {
    const auto values =
        argument->kind == Argument::Kind::flag ? std::vector<std::string>(option->count()) : option->results();
    for (const auto& value : values)
      if (const auto taken = argument->take(value); !taken)
        return taken.error().hint.empty() ? mistake(level, taken.error().message) : taken.error();
  }
  return {};
}

// CLI11 says that a value is missing, but not of which option: the one with nothing, or another option, behind it.
std::string option_without_value(const Level& level, const std::vector<std::string>& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool nothing_behind = i + 1 == words.size() || words[i + 1].starts_with("-");
    for (const auto& [argument, option] : level.bound) {
      const auto names = argument->names();
      if (nothing_behind && argument->takes_value() && std::ranges::find(names, words[i]) != names.end())
        return words[i] + " needs a value: " + argument->usage();
    }
  }
  return {};
}

// Behind "--" everything is an argument: what looks like an option there was meant to stand before it.
Error behind_the_end(const Level& level, const std::string& word) {
  return with_hint(
      error(Code::invalid, "unexpected argument '" + word + "' behind `--`"),
      word.starts_with("-") ? "options go before `--`" : "`" + program(level) + " --help` shows what there is");
}

bool stands_behind_the_end(const std::vector<std::string>& words, const std::string& word) {
  const auto end = std::find(words.begin(), words.end(), "--");
  return std::find(words.begin(), end, word) == end && std::find(end, words.end(), word) != words.end();
}

// Nothing: all is well.
std::optional<Error> interpret(const std::vector<Level*>& path, const std::vector<std::string>& words) {
  for (const auto* level : path)
    for (const auto& extra : level->app->remaining())
      if (extra != "--")
        return stands_behind_the_end(words, extra) ? behind_the_end(*path.back(), extra) : too_much(*level, extra);
  if (auto missing = check_complete(*path.back())) return missing;
  for (const auto* level : path)
    if (auto wrong = take_values(*level)) return wrong;
  return {};
}

void parse_words(CLI::App& app, const std::vector<std::string>& words) {
  // CLI11 takes them from the back.
  app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
}

// Of a command line that didn't parse: whoever reads JSON is told of the mistake in JSON, too.
bool asks_for_json(const std::vector<std::string>& words) {
  for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i)
    if (words[i] == "--output=json" || (words[i] == "--output" && i + 1 < words.size() && words[i + 1] == "json"))
      return true;
  return false;
}

// `deployctl help build` is `deployctl build --help`.
std::vector<std::string> without_help_word(std::vector<std::string> words) {
  if (words.empty() || words.front() != "help") return words;
  words.erase(words.begin());
  words.push_back("--help");
  return words;
}

}  // namespace

Request parse_command_line(const std::vector<std::string>& given, const std::vector<Command>& commands) {
  const auto words = without_help_word(given);
  Request request;
  CLI::App app;
  Level root;
  root.app = &app;
  build(root, commands, request.globals);
  app.set_version_flag("--version", version_line());
  try {
    parse_words(app, words);
    const auto path = named(root);
    request.mistake = interpret(path, words);
    request.command = request.mistake ? nullptr : path.back()->command;
    request.path = path.back()->path;
  } catch (const CLI::CallForVersion&) {
    request.text = version_line() + "\n";
  } catch (const CLI::CallForHelp&) {
    const auto* level = named(root).back();
    request.text = level->command ? help_of(level->path, *level->command) : overview(commands);
  } catch (const CLI::ParseError& e) {
    const auto& level = *named(root).back();
    const auto words_for_it = option_without_value(level, words);
    request.mistake = mistake(level, words_for_it.empty() ? e.what() : words_for_it);
  }
  return request;
}

int run_command_line(const std::vector<std::string>& words, const std::vector<Command>& commands, Streams streams) {
  if (words.empty()) {
    std::fputs(overview(commands).c_str(), streams.err);
    return exit_codes::usage;
  }
  auto request = parse_command_line(words, commands);
  if (request.mistake && asks_for_json(words)) request.globals.output = "json";
  Context context(request.globals, streams);
  if (request.mistake) return context.fail_with(*request.mistake, exit_codes::usage);
  if (!request.command) {
    std::fputs(request.text.c_str(), streams.out);
    return exit_codes::done;
  }
  return request.command->run(context);
}

}  // namespace deployctl::cli
