#include "s3/request_builder.h"

#include "aws/credentials.h"
#include "aws/sigv4.h"
#include "core/percent.h"
#include "http/fields.h"
#include "s3/addressing.h"
#include "s3/options.h"
#include "s3/request.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::s3 {
namespace {

// Most heads, with the signature of a long-lived key.
constexpr std::size_t kUsualHead = 768;

std::string_view method_of(Operation operation) {
  switch (operation) {
    case Operation::kGetObject:
    case Operation::kListBucket: return "GET";
    case Operation::kHeadObject:
    case Operation::kHeadBucket: return "HEAD";
  }
  return "GET";
}

bool is_about_bucket(Operation operation) {
  return operation == Operation::kHeadBucket || operation == Operation::kListBucket;
}

std::optional<aws::Signer> make_signer(const Options& options, const Address& address) {
  if (options.access_key.empty()) return std::nullopt;
  aws::Credentials credentials{.access_key = std::string(options.access_key.reveal()),
                               .secret_key = options.secret_key,
                               .session_token = options.session_token};
  return aws::Signer(std::move(credentials), address.signing_region);
}

}  // namespace

RequestBuilder::RequestBuilder(const Options& options, Address address)
    : address_(std::move(address)),
      key_prefix_(options.key_prefix),
      signer_(make_signer(options, address_)) {}

void RequestBuilder::collect(const ObjectRequest& request) {
  target_ = address_.path_prefix;
  if (is_about_bucket(request.operation)) {
    if (target_.empty()) target_ = "/";
  } else {
    target_ += '/';
    core::append_s3_encoded(target_, key_prefix_, core::Slash::kKeep);
    core::append_s3_encoded(target_, request.key, core::Slash::kKeep);
  }
  headers_.assign(request.headers.begin(), request.headers.end());
}

aws::SigningRequest RequestBuilder::to_sign(const ObjectRequest& request) const {
  return {.method = method_of(request.operation),
          .host = address_.host,
          .path = target_,
          .query = request.query,
          .headers = headers_};
}

std::string RequestBuilder::build(const ObjectRequest& request, std::chrono::sys_seconds now) {
  collect(request);
  std::string head;
  head.reserve(kUsualHead);
  head += method_of(request.operation);
  head += ' ';
  head += target_;
  if (!request.query.empty()) {
    head += '?';
    head += request.query;
  }
  head += " HTTP/1.1\r\nHost: ";
  head += address_.host;
  head += "\r\n";
  for (const http::Field& field : headers_) {
    head += field.name;
    head += ": ";
    head += field.value;
    head += "\r\n";
  }
  if (signer_) signer_->sign(to_sign(request), now, head);
  head += "\r\n";
  return head;
}

Explanation RequestBuilder::explain(const ObjectRequest& request, std::chrono::sys_seconds now) {
  collect(request);
  Explanation explanation;
  explanation.url = (address_.uses_tls ? "https://" : "http://") + address_.host + target_;
  if (!request.query.empty()) explanation.url += "?" + std::string(request.query);
  explanation.key = key_prefix_ + std::string(request.key);
  if (signer_) explanation.signature = signer_->explain(to_sign(request), now);
  return explanation;
}

}  // namespace yatagarasu::s3
