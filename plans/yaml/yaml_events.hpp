// Builds the tree of a YamlSource from yaml-cpp's events. Private to yaml_source.cpp.
#pragma once

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include <unordered_map>
#include <vector>

#include "plans/yaml/yaml_source.hpp"

namespace deployctl::plans {

class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(YamlSource& source, const std::string* file, bool with_lines, Problems& problems)
      : source_(source), file_(file), with_lines_(with_lines), problems_(problems) {}

  const Value* root() const { return root_; }
  bool broken() const { return broken_; }  // the tree can't be used
  model::Mark document_mark() const { return document_; }
  const YAML::Mark& last_quoted() const { return last_quoted_; }  // the last scalar that isn't plain; null mark: none

  void OnDocumentStart(const YAML::Mark& mark) override;
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override;
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override;

 private:
  Value& add(const YAML::Mark& mark, Value::Kind kind, YAML::anchor_t anchor);
  void put(const Value& value);
  void check_tag(const Value& value, const std::string& tag);
  void check_keys(Value& map);
  void report_key(const Value& key, const Value* first);

  YamlSource& source_;
  const std::string* file_;
  const bool with_lines_;
  Problems& problems_;
  const Value* root_ = nullptr;
  bool broken_ = false;
  bool started_ = false;
  model::Mark document_;
  YAML::Mark last_quoted_ = YAML::Mark::null_mark();
  std::vector<Value*> open_;
  std::unordered_map<YAML::anchor_t, const Value*> anchors_;
  std::size_t copied_ = 0;  // children copied by aliases so far
};

}  // namespace deployctl::plans
