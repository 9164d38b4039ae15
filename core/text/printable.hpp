// Detects characters that can control a terminal or reorder text, and prints JSON without them. Pure; any thread; never
// fails. The text views replace such characters (cli/output/text.hpp); JSON escapes them, so that programs read the
// original strings.
#pragma once

#include <string>
#include <string_view>

namespace deployctl {

// C0 and C1 controls, DEL, and invisible characters that change the direction, lines or joining of text: bidi marks,
// embeddings and isolates, line and paragraph separators, zero-width and annotation characters, tags.
bool is_unsafe_to_print(char32_t c);

// `json` is JSON text in UTF-8, which has characters below U+0020 escaped already. Escapes all other unsafe characters
// as \uXXXX; the value doesn't change.
std::string printable_json(std::string_view json);

}  // namespace deployctl
