#pragma once

#include "aws/sigv4.h"
#include "http/fields.h"
#include "s3/addressing.h"
#include "s3/options.h"
#include "s3/request.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace yatagarasu::s3 {

// A request to S3, for people: `yatagarasu explain`.
struct Explanation {
  std::string url;                             // As sent.
  std::string key;                             // With the bucket's key_prefix; decoded bytes.
  std::optional<aws::SigningTrace> signature;  // None without credentials.
};

// Writes signed HTTP/1.1 request heads for one bucket. The bytes that are routed, signed and sent
// are the same: the key is encoded here, once.
//
// Threading: not thread-safe. Each loop has one per bucket.
class RequestBuilder {
 public:
  RequestBuilder(const Options& options, Address address);

  // The whole head, ready to send.
  std::string build(const ObjectRequest& request, std::chrono::sys_seconds now);

  Explanation explain(const ObjectRequest& request, std::chrono::sys_seconds now);

 private:
  void collect(const ObjectRequest& request);
  aws::SigningRequest to_sign(const ObjectRequest& request) const;

  Address address_;
  std::string key_prefix_;
  std::optional<aws::Signer> signer_;  // None without credentials: the bucket is public.

  // Of the last request; kept for their memory.
  std::string target_;
  std::vector<http::Field> headers_;
};

}  // namespace yatagarasu::s3
