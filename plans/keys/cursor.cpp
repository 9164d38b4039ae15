#include "plans/keys/cursor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/text/nearest_word.hpp"
#include "core/text/utf8.hpp"
#include "plans/keys/secrets.hpp"

namespace deployctl::plans {
namespace {

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string number_words(unsigned least, unsigned most) {
  if (most == std::numeric_limits<unsigned>::max()) return fmt::format("a whole number of at least {}", least);
  return fmt::format("a whole number from {} to {}", least, most);
}

}  // namespace

std::string Cursor::path() const {
  if (!above_) return {};
  const std::string last = key_.data() ? std::string(key_) : std::to_string(index_);
  const std::string before = above_->path();
  return before.empty() ? last : before + "." + last;
}

void Cursor::wrong(std::string_view wanted, std::string hint) const {
  const std::string where = path();
  problem(
      fmt::format("{} must be {}, not {}", where.empty() ? "the file" : "'" + where + "'", wanted, words_for(value_)),
      std::move(hint));
}

std::optional<std::string> read_text(const Cursor& at) {
  const Value& value = at.value();
  if (names_a_secret(value)) return read_override_secret(at);
  if (value.kind != Value::Kind::scalar) {
    at.wrong("a text");
    return std::nullopt;
  }
  if (value.text.empty()) {
    at.problem(fmt::format("'{}' is empty", at.path()));
    return std::nullopt;
  }
  return value.text;
}

std::optional<unsigned> read_number(const Cursor& at, unsigned least, unsigned most) {
  const Value& value = at.value();
  const bool digits = value.kind == Value::Kind::scalar && is_digits(value.text);
  if (digits && !value.plain) {
    at.wrong(number_words(least, most), "take the quotes off");
    return std::nullopt;
  }
  unsigned number = 0;
  const char* end = value.text.data() + value.text.size();
  if (!digits || std::from_chars(value.text.data(), end, number).ec != std::errc{} || number < least || number > most) {
    at.wrong(number_words(least, most));
    return std::nullopt;
  }
  return number;
}

std::optional<Duration> read_duration(const Cursor& at, bool zero_is_fine) {
  const Value& value = at.value();
  constexpr std::string_view wanted = "a duration such as 500ms, 10s, 5m or 1h";
  auto duration = parse_duration(value.kind == Value::Kind::scalar ? value.text : "");
  if (!duration) {
    const bool bare = value.kind == Value::Kind::scalar && is_digits(value.text) && value.text.size() < 6;
    if (duration.error().message.find("too long") != std::string::npos)
      at.wrong("at most 8760h");
    else
      at.wrong(wanted, bare ? fmt::format("did you mean {}s?", value.text) : "");
    return std::nullopt;
  }
  if (duration->count() == 0 && !zero_is_fine) {
    at.wrong("longer than nothing", "such as 500ms, 10s, 5m, 1h");
    return std::nullopt;
  }
  return *duration;
}

std::optional<model::Amount> read_amount(const Cursor& at, bool zero_is_fine) {
  const Value& value = at.value();
  auto amount = model::Amount::parse(value.kind == Value::Kind::scalar ? value.text : "");
  if (!amount) {
    at.wrong("a count such as 3 or a percentage such as 25%",
             value.text.ends_with('%') ? "percentages are whole, 0% to 100%" : "");
    return std::nullopt;
  }
  if (amount->value == 0 && !zero_is_fine) {
    at.wrong("at least 1 or 1%", "with 0 nothing would ever be done");
    return std::nullopt;
  }
  return *amount;
}

std::optional<std::size_t> read_word(const Cursor& at, std::span<const std::string> words) {
  const Value& value = at.value();
  const auto found =
      value.kind == Value::Kind::scalar ? std::find(words.begin(), words.end(), value.text) : words.end();
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  const std::string near = text::nearest_word(value.text, words);
  at.wrong(fmt::format("one of {}", fmt::join(words, ", ")),
           near.empty() ? "" : fmt::format("did you mean '{}'?", near));
  return std::nullopt;
}

std::optional<std::string> read_argument(const Cursor& at) {
  auto text = read_text(at);
  if (!text) return std::nullopt;
  if (text->front() == '-') {
    at.problem(fmt::format("'{}' may not begin with '-': {}", at.path(), words_for(at.value())),
               "it would be taken for an option");
    return std::nullopt;
  }
  if (text::has_control(*text) || text->find(' ') != std::string::npos) {
    at.problem(fmt::format("'{}' may hold no spaces, tabs or line ends: {}", at.path(), words_for(at.value())));
    return std::nullopt;
  }
  return text;
}

bool read_list(const Cursor& at, std::string_view example, const std::function<void(const Cursor&)>& read) {
  if (at.value().kind != Value::Kind::list) {
    const Value& value = at.value();
    const bool one = value.kind == Value::Kind::scalar && value.text.size() <= 60 && !value.text.empty() &&
                     value.text.find_first_of("[]{},:#&*!|>'\"%@`\n") == std::string::npos;
    at.wrong("a list", one ? fmt::format("write [{}]", value.text) : fmt::format("written as {}", example));
    return false;
  }
  for (std::size_t i = 0; i < at.value().size(); ++i) read(at.item(i));
  return true;
}

bool read_entries(const Cursor& at, std::string_view example,
                  const std::function<void(const Value&, const Cursor&)>& read) {
  const Value& map = at.value();
  if (map.kind != Value::Kind::map) {
    at.wrong("a map", fmt::format("written as {}", example));
    return false;
  }
  for (std::size_t i = 0; i < map.size(); ++i) read(map.key(i), at.key(map.key(i).text, map.value(i)));
  return true;
}

}  // namespace deployctl::plans
