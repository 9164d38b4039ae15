#include "plans/yaml/yaml_events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace deployctl::plans {
namespace {

// An alias copies the child list of its anchor. The limit keeps a file with many aliases of a large list from
// exhausting memory.
constexpr std::size_t max_copied = 4'000'000;

}  // namespace

void TreeBuilder::OnDocumentStart(const YAML::Mark& mark) {
  document_ = {*file_, with_lines_ ? static_cast<unsigned>(mark.line) + 1 : 0,
               with_lines_ ? static_cast<unsigned>(mark.column) + 1 : 0};
  // A second document is an error; its content is not used.
  if (started_) broken_ = true;
  started_ = true;
}

Value& TreeBuilder::add(const YAML::Mark& mark, Value::Kind kind, YAML::anchor_t anchor) {
  Value& value = source_.make();
  value.kind = kind;
  value.file = file_;
  if (with_lines_) {
    value.line = static_cast<std::uint32_t>(mark.line) + 1;
    value.column = static_cast<std::uint32_t>(mark.column) + 1;
  }
  if (anchor != YAML::NullAnchor) anchors_[anchor] = &value;
  put(value);
  return value;
}

void TreeBuilder::put(const Value& value) {
  if (!open_.empty())
    open_.back()->children.push_back(&value);
  else if (!root_)
    root_ = &value;
}

void TreeBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
  Value& value = add(mark, Value::Kind::null, anchor);
  // yaml-cpp marks an empty value at the next token, which may be lines below. Its key is where a reader looks for it.
  if (open_.empty() || open_.back()->kind != Value::Kind::map || open_.back()->children.size() % 2 != 0) return;
  const Value& key = *open_.back()->children[open_.back()->children.size() - 2];
  value.line = key.line;
  value.column = key.column;
}

void TreeBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const Value* same = anchors_[anchor];
  Value& value = add(mark, Value::Kind::null, YAML::NullAnchor);
  const bool inside = !same || std::find(open_.begin(), open_.end(), same) != open_.end();
  if (inside || (copied_ += same->children.size()) > max_copied) {
    if (!broken_)
      problems_.add(value.mark(), inside ? "an alias inside of what it stands for" : "too many aliases of big lists");
    broken_ = true;
    return;
  }
  value.kind = same->kind;
  value.plain = same->plain;
  value.text = same->text;
  value.children = same->children;
}

void TreeBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                           const std::string& text) {
  Value& value = add(mark, Value::Kind::scalar, anchor);
  value.plain = tag == "?";
  value.text = text;
  check_tag(value, tag);
  if (!value.plain) last_quoted_ = mark;
  if (text.find('\0') != std::string::npos) problems_.add(value.mark(), "a text can't hold a NUL character");
}

void TreeBuilder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                                  YAML::EmitterStyle::value) {
  Value& value = add(mark, Value::Kind::list, anchor);
  check_tag(value, tag);
  open_.push_back(&value);
}

void TreeBuilder::OnSequenceEnd() { open_.pop_back(); }

void TreeBuilder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                             YAML::EmitterStyle::value) {
  Value& value = add(mark, Value::Kind::map, anchor);
  check_tag(value, tag);
  open_.push_back(&value);
}

void TreeBuilder::OnMapEnd() {
  Value& map = *open_.back();
  open_.pop_back();
  check_keys(map);
}

void TreeBuilder::check_tag(const Value& value, const std::string& tag) {
  if (tag.empty() || tag == "?" || tag == "!") return;
  problems_.add(value.mark(), fmt::format("YAML tags are not supported ('{}')", tag),
                "quote a text that must stay one: \"5\"");
}

void TreeBuilder::report_key(const Value& key, const Value* first) {
  if (key.kind != Value::Kind::scalar)
    problems_.add(key.mark(), fmt::format("a key must be a word, not {}", words_for(key)));
  else if (key.plain && key.text == "<<")
    problems_.add(key.mark(), "merge keys ('<<') are not supported",
                  "write the keys out, or use an alias for a whole value");
  else if (first)
    problems_.add(key.mark(), fmt::format("the key '{}' stands here a second time", key.text),
                  first->line == 0 ? "" : fmt::format("first at line {}: keep one of them", first->line));
}

// Invalid keys are reported and dropped here, so that later readers don't encounter them.
void TreeBuilder::check_keys(Value& map) {
  std::unordered_map<std::string_view, const Value*> seen;
  std::vector<const Value*> good;
  const bool few = map.size() <= 16;
  for (std::size_t i = 0; i < map.size(); ++i) {
    const Value& key = map.key(i);
    const Value* first = nullptr;
    for (std::size_t k = 0; few && k < i && !first; ++k)
      if (map.key(k).kind == key.kind && map.key(k).text == key.text) first = &map.key(k);
    if (!few)
      if (const auto [at, is_new] = seen.emplace(key.text, &key); !is_new) first = at->second;
    const bool fine = !first && key.kind == Value::Kind::scalar && !(key.plain && key.text == "<<");
    if (fine)
      good.insert(good.end(), {&key, &map.value(i)});
    else
      report_key(key, first);
  }
  if (good.size() != map.children.size()) map.children = std::move(good);
}

}  // namespace deployctl::plans
