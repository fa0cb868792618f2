#pragma once

#include "s3/request.h"

#include <chrono>
#include <string_view>

namespace yatagarasu::s3 {

// One request that was sent, or was to be sent, to S3, and how it ended.
struct Attempt {
  Operation operation = Operation::kGetObject;
  int status = 0;  // 0: no answer.
  // S3's <Code>, where the answer was read for one; or, without an answer, one of connect (DNS,
  // TCP), tls, timeout, reset, malformed. Empty on success. Only for the call.
  std::string_view code = {};
  std::chrono::microseconds duration{0};  // To the end of the head.
};

// Is told of what s3::Client does, for metrics.
//
// Threading: called on the loop of the client, which it must not use.
class AttemptObserver {
 public:
  virtual ~AttemptObserver() = default;
  AttemptObserver(const AttemptObserver&) = delete;
  AttemptObserver& operator=(const AttemptObserver&) = delete;

  // Once for each attempt. Not for one that never came to be, as no connection was free, nor for
  // one whose client left before its end.
  virtual void attempted(const Attempt& attempt) = 0;
  // Before each attempt but the first of a request.
  virtual void retrying() = 0;

 protected:
  AttemptObserver() = default;
};

}  // namespace yatagarasu::s3
