#pragma once

#include <boost/json/object.hpp>
#include <boost/json/storage_ptr.hpp>

#include <optional>
#include <string_view>

namespace yatagarasu::core {

// Parses a JSON text whose root is an object, strictly: empty for anything else, for invalid UTF-8,
// for member names that are there twice, at any level (RFC 7515 §4 lets a parser refuse them; two
// parsers could read them differently), and for nesting beyond `kMaxJsonDepth`.
//
// The object lives in `storage`, the heap unless told. It must outlive it.
inline constexpr unsigned kMaxJsonDepth = 16;
std::optional<boost::json::object> parse_strict_object(std::string_view text,
                                                       boost::json::storage_ptr storage = {});

}  // namespace yatagarasu::core
