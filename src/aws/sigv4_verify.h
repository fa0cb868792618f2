#pragma once

#include "aws/credentials.h"
#include "http/fields.h"

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The other side of SigV4: whether a received request is signed by whom it says. For a server of
// our own that must be as strict as S3.
namespace yatagarasu::aws {

// An `Authorization: AWS4-HMAC-SHA256 ...` header taken apart. The views point into its value.
struct Authorization {
  std::string_view access_key;
  std::string_view day;
  std::string_view region;
  std::string_view service;
  std::vector<std::string_view> signed_names;  // Lower case, strictly ascending.
  std::string_view signature;                  // 64 lower-case hexadecimal digits.
};

// Empty when it is not of that form.
std::optional<Authorization> parse_authorization(std::string_view value);

// A request as received; `fields` holds the Host field too.
struct ReceivedRequest {
  std::string_view method;
  std::string_view path;  // Still encoded, without query.
  std::string_view query;
  const http::Fields& fields;
};

// Who may sign, and for which region.
struct VerifyOptions {
  Credentials credentials;
  std::string region;
  std::chrono::seconds max_skew = std::chrono::minutes(15);  // As S3.
};

enum class VerifyFailure : std::uint8_t {
  kUnsigned,           // No Authorization header.
  kMalformed,          // One that cannot be read, or fields that it needs are missing.
  kWrongScope,         // Another region, service or day than it must be.
  kUnknownAccessKey,   //
  kClockSkew,          // Signed too long ago or in the future.
  kUnsignedField,      // Host or an x-amz-* field is not among the signed ones.
  kInvalidToken,       // The session token is not the one that goes with the key.
  kSignatureMismatch,  //
};

// Checks `request` at the time `now`. What x-amz-content-sha256 says is then known to come from
// the signer; whether the body agrees with it is the caller's to check.
std::expected<void, VerifyFailure> verify(const ReceivedRequest& request,
                                          const VerifyOptions& options,
                                          std::chrono::sys_seconds now);

// S3's name for the failure, for <Code>, and the status that goes with it.
struct S3Refusal {
  int status;
  std::string_view code;
};
S3Refusal s3_refusal(VerifyFailure failure);

}  // namespace yatagarasu::aws
