#include "proxy/origin_health.h"

#include "core/result.h"
#include "http/message.h"
#include "s3/health.h"
#include "s3/request.h"

namespace yatagarasu::proxy {

using core::ErrorCode;

void note_health(s3::BucketHealth& health, const core::Result<s3::ObjectAnswer>& answer,
                 const s3::Trace& trace) {
  if (answer) {
    health.answered();
    return;
  }
  switch (answer.error().code) {
    case ErrorCode::kNotFound:
      if (trace.error_code == "NoSuchBucket") {
        health.failed();
        break;
      }
      [[fallthrough]];
    case ErrorCode::kPreconditionFailed:
    case ErrorCode::kRangeNotSatisfiable: health.answered(); break;
    case ErrorCode::kOriginUnreachable:
    case ErrorCode::kOriginTimeout:
    case ErrorCode::kOriginRefusesUs: health.failed(); break;
    // The rest says nothing about the bucket as a whole.
    case ErrorCode::kInvalidRequest:
    case ErrorCode::kUnauthorized:
    case ErrorCode::kForbidden:
    case ErrorCode::kMethodNotAllowed:
    case ErrorCode::kRequestTimeout:
    case ErrorCode::kPayloadTooLarge:
    case ErrorCode::kUriTooLong:
    case ErrorCode::kHeadersTooLarge:
    case ErrorCode::kTooManyRequests:
    case ErrorCode::kNotCached:
    case ErrorCode::kOriginOverloaded:
    case ErrorCode::kOriginFailed:
    case ErrorCode::kCircuitOpen:
    case ErrorCode::kOriginMalformed:
    case ErrorCode::kOverloaded:
    case ErrorCode::kKeysMissing:
    case ErrorCode::kShuttingDown:
    case ErrorCode::kCancelled:
    case ErrorCode::kConfiguration:
    case ErrorCode::kSystem:
    case ErrorCode::kInternal: break;
  }
}

core::Error refine(core::Error error, const s3::BucketHealth& health, http::Method method) {
  if (error.code == ErrorCode::kForbidden && method == http::Method::kHead &&
      health.credentials_refused()) {
    return {ErrorCode::kOriginRefusesUs, "S3 refuses the bucket's credentials"};
  }
  return error;
}

}  // namespace yatagarasu::proxy
