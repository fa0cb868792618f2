#include "http/codec/h2_response_fields.h"

#include "core/ascii.h"
#include "http/codec/h2_session.h"
#include "http/hop_by_hop.h"

#include <nghttp2/nghttp2.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace yatagarasu::http {
namespace {

// What differs from answer to answer: in the table of the compression it would only push out what
// does not.
bool is_never_the_same(std::string_view name) {
  return name.size() == 12 &&
         (core::iequals(name, "x-request-id") || core::iequals(name, "cache-status"));
}

std::uint8_t* bytes_of(std::string_view text) {
  // nghttp2 only reads them.
  return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
}

}  // namespace

H2ResponseFields::H2ResponseFields(const H2Answer& answer) {
  std::to_chars(status_.begin(), status_.end(), answer.status);
  add(":status", {status_.data(), status_.size()});
  answer.headers.for_each([this](std::string_view name, std::string_view value) {
    // RFC 9113 §8.2.2: a client takes an answer that has one of them for malformed.
    if (!is_connection_specific(name)) add(name, value);
  });
  if (answer.content_length) {
    const auto end = std::to_chars(length_.begin(), length_.end(), *answer.content_length);
    add("content-length", {length_.begin(), end.ptr});
  }
  if (!answer.date.empty()) add("date", answer.date);
}

void H2ResponseFields::add(std::string_view name, std::string_view value) {
  const bool is_new = is_never_the_same(name);
  fields_.push_back({.name = bytes_of(name),
                     .value = bytes_of(value),
                     .namelen = name.size(),
                     .valuelen = value.size(),
                     .flags = static_cast<std::uint8_t>(is_new ? NGHTTP2_NV_FLAG_NO_INDEX
                                                               : NGHTTP2_NV_FLAG_NONE)});
}

}  // namespace yatagarasu::http
