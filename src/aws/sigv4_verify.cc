#include "aws/sigv4_verify.h"

#include "aws/amz_time.h"
#include "aws/canonical_request.h"
#include "aws/signing_key.h"
#include "core/ascii.h"
#include "core/percent.h"
#include "core/result.h"
#include "crypto/constant_time.h"
#include "crypto/hmac.h"
#include "crypto/sha256.h"
#include "http/fields.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::aws {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kContentSha256 = "x-amz-content-sha256";
constexpr std::string_view kDate = "x-amz-date";
constexpr std::string_view kSecurityToken = "x-amz-security-token";
// Many times what any client signs; bounds the work that a forged header can cause.
constexpr std::size_t kMaxSignedNames = 64;

bool is_lower_case_name(std::string_view name) {
  return !name.empty() && std::ranges::none_of(name, [](char c) { return c >= 'A' && c <= 'Z'; });
}

// Cuts what is before `separator` off the front of `rest`, or all of it.
std::string_view cut(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

// "AKID/20130524/us-east-1/s3/aws4_request"; read from the back, where the number of parts is
// fixed, since an access key of some store may hold a slash.
bool parse_credential(std::string_view text, Authorization& out) {
  std::array<std::string_view, 4> parts;  // Terminator, service, region, day.
  for (std::string_view& part : parts) {
    const std::size_t slash = text.rfind('/');
    if (slash == std::string_view::npos) return false;
    part = text.substr(slash + 1);
    text = text.substr(0, slash);
  }
  out.access_key = text;
  out.service = parts[1];
  out.region = parts[2];
  out.day = parts[3];
  return parts[0] == "aws4_request" && !text.empty();
}

bool parse_signed_names(std::string_view text, Authorization& out) {
  while (!text.empty()) {
    const std::string_view name = cut(text, ';');
    const bool ascends = out.signed_names.empty() || out.signed_names.back() < name;
    if (!is_lower_case_name(name) || !ascends) return false;
    if (out.signed_names.size() == kMaxSignedNames) return false;
    out.signed_names.push_back(name);
  }
  return !out.signed_names.empty();
}

bool parse_signature(std::string_view text, Authorization& out) {
  out.signature = text;
  return text.size() == 64 && std::ranges::all_of(text, [](char c) {
           return core::is_digit(c) || (c >= 'a' && c <= 'f');
         });
}

bool signs(const Authorization& authorization, std::string_view name) {
  return std::ranges::binary_search(authorization.signed_names, name);
}

// S3 wants the host and every x-amz-* field to be covered, else a field could be added on the way.
bool signs_what_it_must(const Authorization& authorization, const http::Fields& fields) {
  return signs(authorization, "host") && std::ranges::all_of(fields, [&](const http::Field& field) {
           return !core::istarts_with(field.name, "x-amz-") ||
                  signs(authorization, core::to_lower(field.name));
         });
}

std::expected<void, VerifyFailure> check_scope(const Authorization& authorization,
                                               const ReceivedRequest& request,
                                               const VerifyOptions& options,
                                               std::chrono::sys_seconds now) {
  const std::string_view date = request.fields.get(kDate);
  const auto signed_at = parse_amz_time(date);
  if (!signed_at || !request.fields.has(kContentSha256)) {
    return std::unexpected(VerifyFailure::kMalformed);
  }
  if (authorization.region != options.region || authorization.service != "s3" ||
      authorization.day != AmzTime(*signed_at).day()) {
    return std::unexpected(VerifyFailure::kWrongScope);
  }
  if (authorization.access_key != options.credentials.access_key) {
    return std::unexpected(VerifyFailure::kUnknownAccessKey);
  }
  if (std::chrono::abs(now - *signed_at) > options.max_skew) {
    return std::unexpected(VerifyFailure::kClockSkew);
  }
  if (!signs_what_it_must(authorization, request.fields)) {
    return std::unexpected(VerifyFailure::kUnsignedField);
  }
  if (!crypto::constant_time_equal(request.fields.get(kSecurityToken),
                                   options.credentials.session_token.reveal())) {
    return std::unexpected(VerifyFailure::kInvalidToken);
  }
  return {};
}

// The signed fields as received, under the names that the signer used. Empty when one of them is
// not in the request.
std::optional<std::vector<http::Field>> signed_fields(const Authorization& authorization,
                                                      const http::Fields& fields) {
  std::vector<http::Field> headers;
  for (const std::string_view name : authorization.signed_names) {
    const std::size_t before = headers.size();
    for (const http::Field& field : fields) {
      if (core::iequals(field.name, name)) headers.push_back({.name = name, .value = field.value});
    }
    if (headers.size() == before) return std::nullopt;
  }
  return headers;
}

// Empty when the request cannot be brought into canonical form.
std::optional<std::string> rebuild_canonical_request(const Authorization& authorization,
                                                     const ReceivedRequest& request) {
  // Like S3, which signs the key's bytes in its own encoding however the client wrote them.
  const std::optional<std::string> decoded_path = core::percent_decode(request.path);
  const core::Result<std::string> query = canonical_query(request.query);
  const auto headers = signed_fields(authorization, request.fields);
  if (!decoded_path || !query || !headers) return std::nullopt;

  const std::string path = core::s3_encode_key(*decoded_path);
  std::string canonical;
  append_canonical_request(canonical, {.method = request.method,
                                       .path = path,
                                       .query = *query,
                                       .headers = *headers,
                                       .payload_sha256 = request.fields.get(kContentSha256)});
  return canonical;
}

std::string expected_signature(const Authorization& authorization, std::string_view date,
                               std::string_view canonical_request, const core::Secret& secret_key) {
  std::string string_to_sign(kAlgorithm);
  string_to_sign.append(1, '\n').append(date).append(1, '\n');
  string_to_sign.append(authorization.day).append(1, '/').append(authorization.region);
  string_to_sign.append(1, '/').append(authorization.service).append("/aws4_request\n");
  crypto::append_hex(string_to_sign, crypto::sha256(canonical_request));

  const crypto::HmacSha256Key key = derive_signing_key(
      secret_key, {authorization.day, authorization.region, authorization.service});
  return crypto::to_hex(key.mac(string_to_sign));
}

}  // namespace

std::optional<Authorization> parse_authorization(std::string_view value) {
  if (!value.starts_with(kAlgorithm) || value.size() == kAlgorithm.size() ||
      value[kAlgorithm.size()] != ' ') {
    return std::nullopt;
  }
  value.remove_prefix(kAlgorithm.size());

  Authorization authorization;
  bool has_credential = false;
  bool has_names = false;
  bool has_signature = false;
  while (!value.empty()) {
    std::string_view part = core::trim(cut(value, ','));
    const std::string_view name = cut(part, '=');
    bool* seen = nullptr;
    bool is_valid = false;
    if (name == "Credential") {
      seen = &has_credential;
      is_valid = parse_credential(part, authorization);
    } else if (name == "SignedHeaders") {
      seen = &has_names;
      is_valid = authorization.signed_names.empty() && parse_signed_names(part, authorization);
    } else if (name == "Signature") {
      seen = &has_signature;
      is_valid = parse_signature(part, authorization);
    }
    if (!is_valid || *seen) return std::nullopt;
    *seen = true;
  }
  if (!has_credential || !has_names || !has_signature) return std::nullopt;
  return authorization;
}

std::expected<void, VerifyFailure> verify(const ReceivedRequest& request,
                                          const VerifyOptions& options,
                                          std::chrono::sys_seconds now) {
  const http::Field* const header = request.fields.find("authorization");
  if (header == nullptr) return std::unexpected(VerifyFailure::kUnsigned);
  const auto authorization = parse_authorization(header->value);
  if (!authorization) return std::unexpected(VerifyFailure::kMalformed);

  const auto scope = check_scope(*authorization, request, options, now);
  if (!scope) return scope;

  const auto canonical = rebuild_canonical_request(*authorization, request);
  if (!canonical) return std::unexpected(VerifyFailure::kSignatureMismatch);
  const std::string expected = expected_signature(*authorization, request.fields.get(kDate),
                                                  *canonical, options.credentials.secret_key);
  if (!crypto::constant_time_equal(expected, authorization->signature)) {
    return std::unexpected(VerifyFailure::kSignatureMismatch);
  }
  return {};
}

S3Refusal s3_refusal(VerifyFailure failure) {
  switch (failure) {
    case VerifyFailure::kUnsigned:
    case VerifyFailure::kUnsignedField: return {.status = 403, .code = "AccessDenied"};
    case VerifyFailure::kMalformed:
    case VerifyFailure::kWrongScope: return {.status = 400, .code = "AuthorizationHeaderMalformed"};
    case VerifyFailure::kUnknownAccessKey: return {.status = 403, .code = "InvalidAccessKeyId"};
    case VerifyFailure::kClockSkew: return {.status = 403, .code = "RequestTimeTooSkewed"};
    case VerifyFailure::kInvalidToken: return {.status = 400, .code = "InvalidToken"};
    case VerifyFailure::kSignatureMismatch: return {.status = 403, .code = "SignatureDoesNotMatch"};
  }
  return {.status = 403, .code = "AccessDenied"};
}

}  // namespace yatagarasu::aws
