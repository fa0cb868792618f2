#pragma once

#include "http/fields.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace yatagarasu::http {

// The methods that mean something here; everything else is kOther and answered with 405.
enum class Method : std::uint8_t { kGet, kHead, kOptions, kOther };

// A received request head. The views point into the buffer that was parsed, which must stay as
// it is while the head is used.
struct RequestHead {
  Method method = Method::kOther;
  std::string_view method_text;
  // The path as sent, still percent-encoded, without query and fragment. Starts with "/", or is
  // "*" for OPTIONS. An absolute-form target's path; its authority is in `host`.
  std::string_view path;
  std::string_view query;  // Without the "?"; empty when there is none.
  std::string_view host;   // From an absolute-form target, else the Host field; may be empty.
  int version_minor = 1;   // HTTP/1.x.
  Fields fields;

  // Framing (RFC 9112 §6): at most one of the two.
  std::optional<std::uint64_t> content_length;
  bool is_chunked = false;

  bool keep_alive = true;         // RFC 9112 §9.3, Connection and the version taken together.
  bool expects_continue = false;  // RFC 9110 §10.1.1.
};

// A received response head. As above for the views.
struct ResponseHead {
  int status = 0;
  int version_minor = 1;
  std::string_view reason;
  Fields fields;

  // At most one of the two; neither means that the body ends with the connection.
  std::optional<std::uint64_t> content_length;
  bool is_chunked = false;

  bool keep_alive = true;
};

}  // namespace yatagarasu::http
