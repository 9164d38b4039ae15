#include "plans/yaml/yaml_source.hpp"

#include <fmt/format.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <sstream>

#include "core/text/utf8.hpp"
#include "plans/yaml/read_once.hpp"
#include "plans/yaml/unquoted_range.hpp"
#include "plans/yaml/yaml_events.hpp"

namespace deployctl::plans {
namespace {

model::Mark mark_at(const YAML::Mark& mark, const std::string& file, bool with_lines) {
  if (!with_lines || mark.line < 0) return {file, 0, 0};
  return {file, static_cast<unsigned>(mark.line) + 1, static_cast<unsigned>(mark.column) + 1};
}

// Returns the position of a byte offset in the text.
model::Mark mark_of(const std::string& text, std::size_t byte, const std::string& file, bool with_lines) {
  if (!with_lines) return {file, 0, 0};
  model::Mark mark{file, 1, 1};
  for (std::size_t i = 0; i < byte; ++i) {
    ++mark.column;
    if (text[i] == '\n') mark = {file, mark.line + 1, 1};
  }
  return mark;
}

// yaml-cpp accepts a quoted scalar that is still open at the end of the file if a line end precedes it.
bool is_open_quote(const std::string& text, const YAML::Mark& mark) {
  if (mark.is_null()) return false;
  std::size_t at = text.starts_with("\xef\xbb\xbf") ? 3 : 0;
  for (int line = 0; line < mark.line; ++line) at = text.find('\n', at) + 1;
  at += static_cast<std::size_t>(mark.column);
  if (at >= text.size() || (text[at] != '"' && text[at] != '\'')) return false;
  const char quote = text[at];
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\' && quote == '"')
      ++at;
    else if (text[at] == quote && quote == '\'' && at + 1 < text.size() && text[at + 1] == quote)
      ++at;
    else if (text[at] == quote)
      return false;
  }
  return true;
}

// Returns yaml-cpp's own message, except where that would be misleading.
std::string words_of(const YAML::Exception& e) {
  if (e.msg == "bad file") return "nested too deeply";
  if (e.msg == "the referenced anchor is not defined")
    return "no anchor (&name) of this name stands before the alias (*name)";
  return e.msg;
}

std::string first_after(const std::string& text, const std::string& prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

}  // namespace

const Value* Value::find(std::string_view name) const {
  if (kind != Kind::map) return nullptr;
  for (std::size_t i = 0; i < size(); ++i)
    if (key(i).text == name) return &value(i);
  return nullptr;
}

std::string words_for(const Value& value) {
  switch (value.kind) {
    case Value::Kind::null:
      return "nothing";
    case Value::Kind::list:
      return "a list";
    case Value::Kind::map:
      return "a map";
    case Value::Kind::scalar:
      break;
  }
  if (value.text.empty()) return "an empty text";
  const bool cut = value.text.size() > 60 || value.text.find('\n') != std::string::npos;
  const std::string shown = value.text.substr(0, std::min<std::size_t>(60, value.text.find('\n')));
  return (value.plain ? "'" : "the text '") + shown + (cut ? "...'" : "'");
}

const Value* YamlSource::read_file(const std::string& path, const std::string& shown, Problems& problems,
                                   const Value* named_by) {
  auto text = read_once(path, largest);
  if (text) return read_text(*text, shown, problems);
  // The position already names the file, so the prefix "open PATH: " is removed.
  const std::string why = first_after(first_after(text.error().message, "open " + path + ": "), "read " + path + ": ");
  if (named_by)
    problems.add(named_by->mark(), fmt::format("can't read {}: {}", shown, why), text.error().hint);
  else
    problems.add({shown, 0, 0}, "can't be read: " + why, text.error().hint);
  return nullptr;
}

const Value* YamlSource::read_text(const std::string& text, const std::string& shown, Problems& problems) {
  if (text.size() > largest) {
    problems.add({shown, 0, 0}, fmt::format("can't be read: larger than {} bytes", largest));
    return nullptr;
  }
  return parse(text, name(shown), true, problems);
}

const Value* YamlSource::read_override(const std::string& text, const std::string& shown, Problems& problems) {
  return parse(text, name(shown), false, problems);
}

const Value* YamlSource::parse(const std::string& text, const std::string* file, bool with_lines, Problems& problems) {
  // yaml-cpp treats byte 4 as the end of the file and passes invalid UTF-8 through.
  if (const auto bad = text::find_unreadable(text)) {
    problems.add(mark_of(text, bad->at, *file, with_lines), bad->what, "write the file as plain UTF-8 text");
    return nullptr;
  }
  std::istringstream in(text);
  TreeBuilder builder(*this, file, with_lines, problems);
  try {
    YAML::Parser parser(in);
    if (!parser.HandleNextDocument(builder)) {
      problems.add({*file, with_lines ? 1U : 0U, with_lines ? 1U : 0U}, "there is nothing in it");
      return nullptr;
    }
    const Value* root = builder.root();
    if (is_open_quote(text, builder.last_quoted())) {
      problems.add(mark_at(builder.last_quoted(), *file, with_lines), "not valid YAML: this quote is never closed");
      return nullptr;
    }
    if (parser.HandleNextDocument(builder)) {
      problems.add(builder.document_mark(), "a second document begins here",
                   "only one a file is read: remove the '---'");
      return nullptr;
    }
    return builder.broken() ? nullptr : root;
  } catch (const YAML::Exception& e) {
    if (const auto range = unquoted_range_before(text, e.mark.line)) {
      problems.add(with_lines ? model::Mark{*file, range->line, range->column} : model::Mark{*file, 0, 0},
                   fmt::format("the range {} must be quoted within braces", range->text),
                   fmt::format("write \"{}\"", range->text));
      return nullptr;
    }
    problems.add(mark_at(e.mark, *file, with_lines), "not valid YAML: " + words_of(e),
                 "is the indentation right, every bracket and quote closed?");
    return nullptr;
  }
}

}  // namespace deployctl::plans
