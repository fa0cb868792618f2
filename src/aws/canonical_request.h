#pragma once

#include "core/result.h"
#include "http/fields.h"

#include <span>
#include <string>
#include <string_view>

// SigV4's canonical form of a request, by the rules of S3: the path is signed as it is sent,
// encoded once and never normalised ("//", "/./" and "/../" are parts of keys).
namespace yatagarasu::aws {

struct CanonicalRequest {
  std::string_view method;
  std::string_view path;   // Encoded.
  std::string_view query;  // Canonical, see canonical_query().
  // The signed fields: names in lower case, sorted; fields of one name next to each other in the
  // order they are sent. Values may still have white space around and runs of it inside.
  std::span<const http::Field> headers;
  std::string_view payload_sha256;  // Hexadecimal, or a literal such as UNSIGNED-PAYLOAD.
};

// Appends the canonical request.
void append_canonical_request(std::string& out, const CanonicalRequest& request);

// Appends the names of `headers`, each once: "host;x-amz-date". The same order is expected.
void append_signed_names(std::string& out, std::span<const http::Field> headers);

// A query string in canonical form: each name and value decoded once, encoded by S3's rule and
// sorted by name, then value, in byte order; a name without "=" is signed as "name=". This is also
// a form that can be sent. Fails with kInvalidRequest when an escape is malformed.
core::Result<std::string> canonical_query(std::string_view raw_query);

}  // namespace yatagarasu::aws
