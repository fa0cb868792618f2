#pragma once

#include "core/result.h"
#include "http/message.h"
#include "io/task.h"
#include "proxy/exchange.h"
#include "proxy/origin_request.h"
#include "proxy/services.h"
#include "s3/client.h"
#include "s3/request.h"
#include "server/handler.h"

#include <string_view>

namespace yatagarasu::proxy {

// One GET or HEAD of an object past the cache: asks S3 and turns what it says into the client's
// answer.
//
// Stores differ in how they read conditions. Each condition is sent on, so that a store can
// answer without the body, and looked at again here, so that clients get RFC 9110's answer from
// any of them.
class ObjectExchange {
 public:
  ObjectExchange(Bucket& bucket, s3::Client& client, const server::Request& request,
                 Exchange& exchange);

  io::Task<core::Result<server::Response>> run(std::string_view key);

  // What only the exchange knows about an error: the size that belongs to a 416.
  void complete_error(server::Response& response) const;

 private:
  io::Task<core::Result<s3::ObjectAnswer>> ask(std::string_view key);
  bool is_stale_range(const core::Result<s3::ObjectAnswer>& answer) const;
  io::Task<void> find_size(std::string_view key);
  core::Result<server::Response> answer_with(s3::ObjectAnswer answer);
  server::Response not_modified(const http::ResponseHead& origin) const;

  Bucket& bucket_;
  s3::Client& client_;
  const server::Request& request_;
  Exchange& exchange_;
  OriginRequest origin_request_;
};

}  // namespace yatagarasu::proxy
