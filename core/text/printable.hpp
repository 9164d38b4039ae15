// Which characters may steer a terminal or reorder the text around them, and how JSON text is printed without them.
// Pure; any thread; never fails. The text views replace such characters (cli/output/text.hpp); JSON escapes them, so
// that programs read the same strings.
#pragma once

#include <string>
#include <string_view>

namespace deployctl {

// DEL, C1 controls, and invisible characters that change the direction, the line or the joining of what is shown: bidi
// marks, embeddings and isolates, line and paragraph separators, zero-width and annotation characters, tags. C0
// controls are unsafe too.
bool is_unsafe_to_print(char32_t c);

// `json`: JSON text in UTF-8. Unsafe characters above U+001F become \uXXXX (JSON text has those below escaped already);
// the value stays the same.
std::string printable_json(std::string_view json);

}  // namespace deployctl
