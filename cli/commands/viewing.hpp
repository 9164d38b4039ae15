// What a long command shows while it works: a view of cli/output on the command's streams. Feed events to sink(); finish() once,
// before anything else is said. One thread.
#pragma once

#include <memory>
#include <string>

#include "core/rollout/event.hpp"

namespace deployctl::output {
class View;
}

namespace deployctl::commands {

class Context;

class Viewing {
 public:
  // `plan`: as the user named it.
  Viewing(Context& context, const std::string& plan);
  ~Viewing();

  rollout::EventSink sink();
  void learn(const rollout::Event& event);  // told before: known, not shown
  void tick();  // about ten times a second
  void finish();

 private:
  Context& context_;
  std::unique_ptr<output::View> view_;
};

}  // namespace deployctl::commands
