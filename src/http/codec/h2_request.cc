#include "http/codec/h2_request.h"

#include "core/ascii.h"
#include "http/codec/field_lines.h"
#include "http/codec/h1_request_parser.h"
#include "http/codec/request_method.h"
#include "http/codec/request_target.h"
#include "http/fields.h"
#include "http/host.h"
#include "http/message.h"
#include "http/syntax.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::http {
namespace {

constexpr std::string_view kCookie = "cookie";
// What HTTP/1.1 writes around a field: a colon, a space and the end of the line.
constexpr std::size_t kAroundField = 4;

ParseFailure bad_request(std::string_view reason) {
  return {.status = 400, .reason = reason};
}

}  // namespace

struct H2Request::Pseudo {
  std::string_view method;
  std::string_view scheme;
  std::string_view authority;
  std::string_view path;
  bool has_authority = false;

  // nghttp2 lets no others pass.
  void take(const Field& field) {
    switch (field.name.size()) {
      case 5: path = field.value; break;
      case 7: (field.name[1] == 'm' ? method : scheme) = field.value; break;
      case 10:
        authority = field.value;
        has_authority = true;
        break;
      default: break;
    }
  }
};

void H2Request::begin(TimePoint now) {
  started_ = now;
  bytes_.clear();
  extents_.clear();
  decoded_bytes_ = 0;
  body_bytes_ = 0;
  // Field by field: a new head would be moved in with room for all its fields.
  head_.method = Method::kOther;
  head_.method_text = head_.path = head_.query = head_.host = {};
  head_.fields.clear();
  head_.content_length.reset();
  head_.expects_continue = false;
  body_.clear();
  failure_.reset();
  has_head_ = is_whole_ = is_body_too_large_ = false;
}

std::string_view H2Request::name_of(const Extent& extent) const {
  return std::string_view(bytes_).substr(extent.offset, extent.name);
}

std::string_view H2Request::value_of(const Extent& extent) const {
  return std::string_view(bytes_).substr(extent.offset + extent.name, extent.value);
}

void H2Request::keep(std::string_view name, std::string_view value) {
  extents_.push_back({.offset = static_cast<std::uint32_t>(bytes_.size()),
                      .name = static_cast<std::uint32_t>(name.size()),
                      .value = static_cast<std::uint32_t>(value.size())});
  bytes_ += name;
  bytes_ += value;
}

void H2Request::refuse(int status, std::string_view reason) {
  if (!failure_) failure_ = ParseFailure{.status = status, .reason = reason};
}

void H2Request::add_field(std::string_view name, std::string_view value,
                          const H2RequestLimits& limits) {
  decoded_bytes_ += name.size() + value.size() + kAroundField;
  if (failure_) return;
  if (name == ":path" && value.size() > limits.uri_bytes) refuse(414, "target too long");
  if (decoded_bytes_ > limits.head_bytes) refuse(431, "head too large");
  // The pseudo fields come first and are no fields.
  if (extents_.size() >= kMaxFields + 4) refuse(431, "too many fields");
  if (!failure_) keep(name, value);
}

// RFC 9113 §8.2.3: a client may send each cookie in a field of its own.
void H2Request::join_cookies() {
  std::size_t count = 0;
  std::size_t bytes = 0;
  for (const Extent& extent : extents_) {
    if (name_of(extent) != kCookie) continue;
    ++count;
    bytes += extent.value + 2;
  }
  if (count < 2) return;
  std::string joined;
  joined.reserve(bytes);
  for (const Extent& extent : extents_) {
    if (name_of(extent) != kCookie) continue;
    if (!joined.empty()) joined += "; ";
    joined += value_of(extent);
  }
  const auto is_cookie = [this](const Extent& extent) { return name_of(extent) == kCookie; };
  extents_.erase(std::remove_if(extents_.begin(), extents_.end(), is_cookie), extents_.end());
  keep(kCookie, joined);
}

void H2Request::end_head(const H2RequestLimits& limits) {
  has_head_ = true;
  if (failure_) return;
  join_cookies();
  if (const auto failure = make_head(limits)) {
    refuse(failure->status, failure->reason);
  } else if (head_.content_length.value_or(0) > limits.body_bytes && !is_ready(limits)) {
    refuse(413, "the request body is larger than the limit");
  }
}

std::optional<ParseFailure> H2Request::make_head(const H2RequestLimits& limits) {
  Pseudo pseudo;
  MessageFields message;
  for (const Extent& extent : extents_) {
    const Field field{.name = name_of(extent), .value = value_of(extent)};
    if (field.name.starts_with(':')) {
      pseudo.take(field);
      continue;
    }
    if (!is_token(field.name)) return bad_request("malformed field name");
    if (!is_field_value(field.value)) return bad_request("control character in a field value");
    if (!note_field(field, message)) return bad_request("malformed Content-Length");
    head_.fields.add(field.name, field.value);
  }
  // A handler sees the one host in both places, as with HTTP/1.1.
  if (pseudo.has_authority && message.host_count == 0) {
    head_.fields.add("host", pseudo.authority);
    message.host = pseudo.authority;
  }
  if (message.host_count > 1) return bad_request("more than one Host");
  if (pseudo.has_authority && !core::iequals(pseudo.authority, message.host)) {
    return bad_request("Host differs from :authority");
  }
  if (const auto failure = make_target(pseudo, limits)) return failure;
  if (!is_valid_host(message.host)) return bad_request("malformed Host");
  head_.host = message.host;

  if (message.content_length_count > 1) return bad_request("more than one Content-Length");
  if (message.content_length_count == 1) head_.content_length = message.content_length;
  head_.expects_continue = message.expects_continue;
  return std::nullopt;
}

std::optional<ParseFailure> H2Request::make_target(const Pseudo& pseudo,
                                                   const H2RequestLimits& limits) {
  if (const auto failure = parse_method(pseudo.method, head_)) return failure;
  if (!core::iequals(pseudo.scheme, "http") && !core::iequals(pseudo.scheme, "https")) {
    return bad_request("a scheme that is not served");
  }
  if (pseudo.path.size() > limits.uri_bytes) {
    return ParseFailure{.status = 414, .reason = "target too long"};
  }
  // RFC 9113 §8.3.1: no absolute form, whose authority would be a third one.
  if (!pseudo.path.starts_with('/') && pseudo.path != "*") {
    return bad_request("a target that is no path");
  }
  return parse_request_target(pseudo.path, head_);
}

void H2Request::add_body(std::string_view bytes, const H2RequestLimits& limits) {
  body_bytes_ += bytes.size();
  if (body_bytes_ > limits.body_bytes) {
    is_body_too_large_ = true;
    body_.clear();
    refuse(413, "the request body is larger than the limit");
  }
  if (!failure_ && limits.keeps_bodies) body_ += bytes;
}

bool H2Request::is_ready(const H2RequestLimits& limits) const {
  if (!has_head_) return false;
  if (is_whole_ || failure_) return true;
  // A method that is refused anyhow is refused as such: nobody waits for its body.
  return head_.method == Method::kOther && !limits.keeps_bodies;
}

}  // namespace yatagarasu::http
