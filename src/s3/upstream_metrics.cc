#include "s3/upstream_metrics.h"

#include "s3/attempt.h"
#include "s3/request.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace yatagarasu::s3 {
namespace {

std::uint32_t index_of(std::string_view code) {
  const auto& codes = UpstreamMetrics::codes();
  return static_cast<std::uint32_t>(std::ranges::find(codes, code) - codes.begin());
}

}  // namespace

std::string_view name_of(Operation operation) {
  switch (operation) {
    case Operation::kGetObject: return "GetObject";
    case Operation::kHeadObject: return "HeadObject";
    case Operation::kHeadBucket: return "HeadBucket";
    case Operation::kListBucket: return "ListBucket";
  }
  return "";
}

const std::vector<std::string_view>& UpstreamMetrics::codes() {
  static const std::vector<std::string_view> codes{
      // Where S3 did not answer.
      "connect", "timeout", "reset", "tls", "malformed",
      // S3's, of "Error responses" in its API reference, as far as reading can meet them.
      "AccessDenied", "AuthorizationHeaderMalformed", "ExpiredToken", "InternalError",
      "InvalidAccessKeyId", "InvalidObjectState", "InvalidRange", "InvalidRequest", "InvalidToken",
      "NoSuchBucket", "NoSuchKey", "NoSuchVersion", "PermanentRedirect", "PreconditionFailed",
      "RequestTimeTooSkewed", "RequestTimeout", "ServiceUnavailable", "SignatureDoesNotMatch",
      "SlowDown", "TemporaryRedirect"};
  return codes;
}

UpstreamMetrics::UpstreamMetrics(std::size_t loops) {
  for (std::size_t i = 0; i < loops; ++i) loops_.push_back(std::make_unique<OfLoop>());
}

void UpstreamMetrics::OfLoop::attempted(const Attempt& attempt) {
  const auto operation = static_cast<std::uint32_t>(attempt.operation);
  requests.add(operation * kStatuses + static_cast<std::uint32_t>(attempt.status) % kStatuses);
  if (!attempt.code.empty()) errors.add(index_of(attempt.code));
  durations.at(operation).record(attempt.duration);
}

}  // namespace yatagarasu::s3
