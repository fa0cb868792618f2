#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::core {

// Percent-decodes exactly once into bytes; empty when an escape is malformed. A '+' stays a plus.
std::optional<std::string> percent_decode(std::string_view text);

// Appends `bytes` in S3's encoding: `A-Z a-z 0-9 - . _ ~` stand for themselves, everything else
// is %XX in upper case.
enum class Slash : bool { kEncode, kKeep };
void append_s3_encoded(std::string& out, std::string_view bytes, Slash slash);

// Keys keep their slashes; the parts of a query do not.
std::string s3_encode_key(std::string_view key);
std::string s3_encode_query_part(std::string_view part);

}  // namespace yatagarasu::core
