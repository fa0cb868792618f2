#include "aws/sigv4.h"

#include "aws/amz_time.h"
#include "aws/canonical_request.h"
#include "aws/credentials.h"
#include "aws/signing_key.h"
#include "core/secret.h"
#include "crypto/sha256.h"
#include "http/fields.h"

#include <boost/container/small_vector.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::aws {
namespace {

constexpr std::string_view kSignatureLabel = ", Signature=";
constexpr std::size_t kSignatureChars = 64;

using Headers = boost::container::small_vector<http::Field, 16>;

void append_line(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

// SigV4: canonical headers: sorted by name, those of one name in the order they are sent. There
// are a handful, often sorted already, so each is put in its place from the back.
void insert_sorted(Headers& headers, http::Field field) {
  auto place = headers.end();
  while (place != headers.begin() && field.name < (place - 1)->name) --place;
  headers.insert(place, field);
}

}  // namespace

Signer::Signer(Credentials credentials, std::string region, std::string service)
    : credentials_(std::move(credentials)),
      region_(std::move(region)),
      service_(std::move(service)) {}

void Signer::set_time(std::chrono::sys_seconds now) {
  if (second_ == now) return;
  second_ = now;
  time_ = AmzTime(now);

  const std::string scope = std::string(time_.day())
                                .append(1, '/')
                                .append(region_)
                                .append(1, '/')
                                .append(service_)
                                .append("/aws4_request");
  string_to_sign_.assign("AWS4-HMAC-SHA256\n")
      .append(time_.text())
      .append(1, '\n')
      .append(scope)
      .append(1, '\n');
  string_to_sign_prefix_ = string_to_sign_.size();

  if (day_ == time_.day()) return;
  day_ = time_.day();
  key_ = derive_signing_key(credentials_.secret_key, {day_, region_, service_});
  authorization_start_.assign("Authorization: AWS4-HMAC-SHA256 Credential=")
      .append(credentials_.access_key)
      .append(1, '/')
      .append(scope)
      .append(", SignedHeaders=");
}

void Signer::sign(const SigningRequest& request, std::chrono::sys_seconds now, std::string& out) {
  set_time(now);

  Headers headers;
  for (const http::Field& field : request.headers) insert_sorted(headers, field);
  insert_sorted(headers, {.name = "host", .value = request.host});
  insert_sorted(headers, {.name = "x-amz-content-sha256", .value = request.payload_sha256});
  insert_sorted(headers, {.name = "x-amz-date", .value = time_.text()});
  const std::string_view session_token = credentials_.session_token.reveal();
  if (!session_token.empty()) {
    insert_sorted(headers, {.name = "x-amz-security-token", .value = session_token});
  }

  canonical_request_.clear();
  append_canonical_request(canonical_request_, {.method = request.method,
                                                .path = request.path,
                                                .query = request.query,
                                                .headers = headers,
                                                .payload_sha256 = request.payload_sha256});
  string_to_sign_.resize(string_to_sign_prefix_);
  crypto::append_hex(string_to_sign_, crypto::sha256(canonical_request_));

  append_line(out, "x-amz-content-sha256", request.payload_sha256);
  append_line(out, "x-amz-date", time_.text());
  if (!session_token.empty()) append_line(out, "x-amz-security-token", session_token);
  out += authorization_start_;
  append_signed_names(out, headers);
  out += kSignatureLabel;
  crypto::append_hex(out, key_.mac(string_to_sign_));
  out += "\r\n";
}

SigningTrace Signer::explain(const SigningRequest& request, std::chrono::sys_seconds now) {
  SigningTrace trace;
  sign(request, now, trace.header_lines);
  trace.canonical_request = canonical_request_;
  trace.string_to_sign = string_to_sign_;
  trace.signature = trace.header_lines.substr(
      trace.header_lines.rfind(kSignatureLabel) + kSignatureLabel.size(), kSignatureChars);
  return trace;
}

}  // namespace yatagarasu::aws
