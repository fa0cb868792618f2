#pragma once

#include "http/fields.h"
#include "proxy/options.h"

#include <string_view>

namespace yatagarasu::proxy {

// Which of the origin's headers reach the client, and what the bucket adds and takes away.
// The lists of the bucket are few and short: they are searched one by one.
class HeaderPolicy {
 public:
  explicit HeaderPolicy(const BucketOptions& bucket);

  // The origin's headers as the client gets them, without framing.
  http::HeaderBlock to_client(const http::Fields& origin) const;

  // `response_headers` of the bucket, applied last.
  void apply_bucket_rules(http::HeaderBlock& headers) const;

 private:
  bool passes(std::string_view name) const;

  const BucketOptions& bucket_;
  bool passes_all_;
};

}  // namespace yatagarasu::proxy
