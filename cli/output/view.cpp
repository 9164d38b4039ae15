#include "cli/output/view.hpp"

#include "cli/output/terminal.hpp"
#include "cli/output/views.hpp"

namespace deployctl::output {

ViewOptions view_options(std::FILE* out, std::FILE* err, bool no_color_option) {
  ViewOptions options;
  options.out = out;
  options.err = err;
  options.is_terminal = is_terminal(out);
  options.color = wants_color(out, no_color_option);
  options.err_color = wants_color(err, no_color_option);
  options.utf8 = locale_is_utf8();
  return options;
}

std::unique_ptr<View> make_view(const ViewOptions& options) {
  if (options.format == Format::json) return std::make_unique<JsonView>(options);
  if (options.is_terminal && !options.quiet) return std::make_unique<ProgressView>(options);
  return std::make_unique<TextView>(options);
}

}  // namespace deployctl::output
