#pragma once

#include <string>
#include <string_view>

namespace yatagarasu::observability {

// Appends `bytes` as the inside of a JSON string. Whatever the bytes are, the result is valid
// UTF-8 on one line and shows nothing a terminal acts on: control characters (C1, line and
// paragraph separators and bidirectional overrides included) become \uXXXX, a byte that belongs to
// no UTF-8 sequence becomes U+FFFD.
void append_escaped(std::string& out, std::string_view bytes);

// As append_escaped(), in double quotes.
void append_quoted(std::string& out, std::string_view bytes);

// A value of a `key=value` line: as it is when nothing in it could be misread, else quoted.
void append_text_value(std::string& out, std::string_view bytes);

}  // namespace yatagarasu::observability
