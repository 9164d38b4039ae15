#include "cli/output/error_text.hpp"

#include "cli/output/text.hpp"

namespace deployctl::output {

Lines error_lines(const Error& error) {
  Lines out;
  const auto message = lines_of(error.text());
  out.push_back(Line("deployctl: ", Tone::bad).add(message.empty() ? to_string(error.code) : message[0]));
  for (std::size_t i = 1; i < message.size(); ++i) out.push_back(Line("  ").add(message[i]));
  for (const auto& line : lines_of(error.hint)) out.push_back(Line("  hint: ", Tone::dim).add(line));
  return out;
}

void print_error(const Error& error, std::FILE* to, bool color) {
  for (const auto& line : error_lines(error)) std::fputs((line.shown(color) + "\n").c_str(), to);
  std::fflush(to);
}

}  // namespace deployctl::output
