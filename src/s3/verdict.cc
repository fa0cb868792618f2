#include "s3/verdict.h"

#include "client/course.h"
#include "core/result.h"

#include <string_view>

namespace yatagarasu::s3 {

using client::Stage;
using core::ErrorCode;

Verdict judge_status(int status) {
  switch (status) {
    case 500:
    case 502:
    case 503:
    case 504: return {.origin = Verdict::Origin::kFailing, .may_retry = true};
    default: return {.origin = Verdict::Origin::kWell};
  }
}

Verdict judge_failure(ErrorCode code, Stage stage) {
  if (failure_name(code, stage).empty()) return {};
  const bool may_retry = code == ErrorCode::kOriginUnreachable ||
                         (code == ErrorCode::kOriginTimeout && stage != Stage::kExchanging);
  return {.origin = Verdict::Origin::kFailing, .may_retry = may_retry};
}

std::string_view failure_name(ErrorCode code, Stage stage) {
  if (code == ErrorCode::kOriginTimeout) return "timeout";
  if (code == ErrorCode::kOriginMalformed) return "malformed";
  if (code != ErrorCode::kOriginUnreachable) return {};
  switch (stage) {
    case Stage::kQueued: return {};
    case Stage::kConnecting: return "connect";
    case Stage::kSecuring: return "tls";
    case Stage::kExchanging: return "reset";
  }
  return {};
}

}  // namespace yatagarasu::s3
