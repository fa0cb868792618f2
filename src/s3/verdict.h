#pragma once

#include "client/course.h"
#include "core/result.h"

#include <cstdint>
#include <string_view>

namespace yatagarasu::s3 {

// What one attempt came to.
struct Verdict {
  enum class Origin : std::uint8_t {
    kWell,  // It answered, if only that there is no such object.
    kFailing,
    kUnknown,  // It was not asked: a limit or a fault of this process, or the client has left.
  };
  Origin origin = Origin::kUnknown;
  bool may_retry = false;  // Another attempt may fare better.

  friend bool operator==(const Verdict&, const Verdict&) = default;
};

// Of the answer's head.
Verdict judge_status(int status);

// Without an answer. A connection that is lost is worth another attempt, as all requests are
// idempotent; not so a time-out behind which the client has waited already, and nonsense.
Verdict judge_failure(core::ErrorCode code, client::Stage stage);

// The same for s3::Attempt: empty when the origin was not asked.
std::string_view failure_name(core::ErrorCode code, client::Stage stage);

}  // namespace yatagarasu::s3
