#include "aws/canonical_request.h"

#include "core/ascii.h"
#include "core/percent.h"
#include "core/result.h"
#include "http/fields.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::aws {
namespace {

constexpr std::string_view kBlanks = " \t";

// SigV4: canonical headers: no white space around a value, one space for a run of it inside.
void append_canonical_value(std::string& out, std::string_view value) {
  // Most values have no blank at all, and memchr sees that fast even in a long session token.
  if (value.find(' ') == std::string_view::npos && value.find('\t') == std::string_view::npos) {
    out += value;
    return;
  }
  value = core::trim(value);
  while (true) {
    const std::size_t end = value.find_first_of(kBlanks);
    out += value.substr(0, end);
    if (end == std::string_view::npos) return;
    out += ' ';
    // The value is trimmed, so another word follows.
    value.remove_prefix(value.find_first_not_of(kBlanks, end));
  }
}

void append_canonical_headers(std::string& out, std::span<const http::Field> headers) {
  std::string_view previous;
  for (const http::Field& field : headers) {
    if (field.name == previous) {
      out.back() = ',';  // In place of the line feed: further values follow the first.
    } else {
      out += field.name;
      out += ':';
    }
    append_canonical_value(out, field.value);
    out += '\n';
    previous = field.name;
  }
}

}  // namespace

void append_canonical_request(std::string& out, const CanonicalRequest& request) {
  out += request.method;
  out += '\n';
  out += request.path;
  out += '\n';
  out += request.query;
  out += '\n';
  append_canonical_headers(out, request.headers);
  out += '\n';
  append_signed_names(out, request.headers);
  out += '\n';
  out += request.payload_sha256;
}

void append_signed_names(std::string& out, std::span<const http::Field> headers) {
  std::string_view previous;
  for (const http::Field& field : headers) {
    if (field.name == previous) continue;
    if (!previous.empty()) out += ';';
    out += field.name;
    previous = field.name;
  }
}

core::Result<std::string> canonical_query(std::string_view raw_query) {
  std::vector<std::pair<std::string, std::string>> parts;
  while (!raw_query.empty()) {
    const std::size_t end = std::min(raw_query.find('&'), raw_query.size());
    const std::string_view part = raw_query.substr(0, end);
    raw_query.remove_prefix(std::min(end + 1, raw_query.size()));
    if (part.empty()) continue;

    const std::size_t equals = std::min(part.find('='), part.size());
    const std::string_view raw_value = part.substr(std::min(equals + 1, part.size()));
    const std::optional<std::string> name = core::percent_decode(part.substr(0, equals));
    const std::optional<std::string> value = core::percent_decode(raw_value);
    if (!name || !value) {
      return core::failure(core::ErrorCode::kInvalidRequest, "malformed escape in the query");
    }
    parts.emplace_back(core::s3_encode_query_part(*name), core::s3_encode_query_part(*value));
  }
  // By pairs, not by "name=value": "=" sorts after "-", which would put "a-b" before "a".
  std::ranges::sort(parts);

  std::string query;
  for (const auto& [name, value] : parts) {
    if (!query.empty()) query += '&';
    query.append(name).append(1, '=').append(value);
  }
  return query;
}

}  // namespace yatagarasu::aws
