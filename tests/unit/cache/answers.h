#pragma once

#include "cache/policy/admission.h"
#include "cache/policy/options.h"
#include "cache/policy/stored_response.h"
#include "http/date.h"
#include "http/fields.h"

#include <chrono>
#include <expected>
#include <string>
#include <utility>
#include <vector>

// What the tests of the policy share: a moment, lists of fields, answers of an origin.
namespace yatagarasu::cache {

using Lines = std::vector<std::pair<std::string, std::string>>;

// Wed, 01 Jan 2025 00:00:00 GMT.
inline constexpr Time kNow{std::chrono::seconds{1'735'689'600}};

// `at` seconds from kNow, as a date of HTTP.
inline std::string date(std::chrono::seconds at = std::chrono::seconds(0)) {
  return http::format_date(std::chrono::floor<std::chrono::seconds>(kNow + at));
}

inline http::Fields fields(const Lines& lines) {
  http::Fields all;
  for (const auto& [name, value] : lines) all.add(name, value);
  return all;
}

inline http::HeaderBlock block(const Lines& lines) {
  http::HeaderBlock all;
  for (const auto& [name, value] : lines) all.add(name, value);
  return all;
}

// An answer that came at once, at kNow unless told, with all of its fields passed on.
struct Answer {
  Lines lines;
  int status = 200;
  Time at = kNow;
  std::chrono::milliseconds delay{0};
  PolicyOptions options{.default_ttl = std::chrono::milliseconds(0),
                        .storable = Storable::kAnyStatus};
  std::vector<std::string> forwarded = {"foo", "bar", "Accept-Language"};

  std::expected<Admission, Refusal> admitted() const {
    const http::Fields sent = fields(lines);
    const http::HeaderBlock headers = block(lines);
    return admit({.status = status,
                  .fields = sent,
                  .headers = headers,
                  .exchanged = {.request_time = at - delay, .response_time = at}},
                 {.options = options, .forwarded = forwarded});
  }
  // Of one that is stored.
  StoredResponse stored() const { return admitted().value().response; }
};

}  // namespace yatagarasu::cache
