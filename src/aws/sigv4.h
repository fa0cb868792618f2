#pragma once

#include "aws/amz_time.h"
#include "aws/credentials.h"
#include "crypto/hmac.h"
#include "http/fields.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace yatagarasu::aws {

// SHA-256 of nothing: the payload hash of every GET and HEAD.
inline constexpr std::string_view kEmptyPayloadSha256 =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

// What goes into a signature, exactly as it goes on the wire.
struct SigningRequest {
  std::string_view method;
  std::string_view host;   // The Host field's value: with the port unless it is the scheme's own.
  std::string_view path;   // Encoded once, by core::append_s3_encoded().
  std::string_view query;  // In the form that canonical_query() gives.
  // Further fields to sign, in any order, names in lower case; neither `host` nor the fields
  // that the signer adds.
  std::span<const http::Field> headers;
  std::string_view payload_sha256 = kEmptyPayloadSha256;
};

// The steps of a signature, for people and tests. A session token is in here in clear.
struct SigningTrace {
  std::string canonical_request;
  std::string string_to_sign;
  std::string signature;
  std::string header_lines;  // What sign() appends.
};

// Signs requests to S3 with AWS Signature Version 4 in the Authorization header.
//
// The hot path: the signing key is derived once a day, the time is put into words once a second,
// and the working buffers are kept, so that a signature costs its two hashes and allocates nothing.
//
// Threading: not thread-safe. Each loop has one per bucket.
class Signer {
 public:
  Signer(Credentials credentials, std::string region, std::string service = "s3");

  // Appends the fields that make the request a signed one as HTTP/1 writes them, each line with
  // its CRLF: x-amz-content-sha256, x-amz-date, x-amz-security-token if there is one, and
  // Authorization. The caller writes Host and `request.headers` itself.
  void sign(const SigningRequest& request, std::chrono::sys_seconds now, std::string& out);

  // The same by the same code, with what led to it.
  SigningTrace explain(const SigningRequest& request, std::chrono::sys_seconds now);

 private:
  void set_time(std::chrono::sys_seconds now);

  Credentials credentials_;
  std::string region_;
  std::string service_;

  // Of the second last signed in.
  std::optional<std::chrono::sys_seconds> second_;
  AmzTime time_{std::chrono::sys_seconds{}};
  // Of the day last signed on; none before the first.
  std::string day_;
  crypto::HmacSha256Key key_{""};
  std::string authorization_start_;  // "Authorization: ... SignedHeaders="

  // Of the last signature. The string to sign begins with what stays the same for a second.
  std::string canonical_request_;
  std::string string_to_sign_;
  std::size_t string_to_sign_prefix_ = 0;
};

}  // namespace yatagarasu::aws
