// What a long command shows while it works: a view of cli/output on the command's streams. Feed events to sink();
// finish() once, before anything else is said. One thread.
#pragma once

#include <memory>
#include <string>

#include "cli/session/invocation.hpp"
#include "core/events/event.hpp"

namespace deployctl::output {
class View;
}

namespace deployctl::cli {

class Context;

class ProgressScope {
 public:
  // `invocation`: for the commands that it names.
  ProgressScope(Context& context, Invocation invocation);
  ~ProgressScope();

  events::EventSink sink();
  void learn(const events::Event& event);  // told before: known, not shown
  void tick();                             // about ten times a second
  void finish();
  void make_room();  // before a question: view.hpp

 private:
  Context& context_;
  std::unique_ptr<output::View> view_;
};

}  // namespace deployctl::cli
