#include "cli/session/progress_scope.hpp"

#include "cli/output/view.hpp"
#include "cli/session/context.hpp"
#include "cli/session/next_step.hpp"

namespace deployctl::cli {

ProgressScope::ProgressScope(Context& context, Invocation invocation) : context_(context) {
  auto options = output::view_options(context.streams().out, context.streams().err, context.globals().no_color);
  options.format = context.json() ? output::Format::json : output::Format::text;
  options.quiet = context.globals().quiet;
  options.verbosity = context.globals().verbose;
  options.command_for = commands_of(std::move(invocation));
  view_ = output::make_view(options);
}

ProgressScope::~ProgressScope() = default;

events::EventSink ProgressScope::sink() {
  return [this](const events::Event& event) {
    context_.go_on_from(event.seq);
    view_->on(event);
  };
}

void ProgressScope::learn(const events::Event& event) { view_->learn(event); }
void ProgressScope::tick() { view_->tick(system_clock().steady()); }
void ProgressScope::finish() { view_->finish(); }
void ProgressScope::make_room() { view_->make_room(); }

}  // namespace deployctl::cli
