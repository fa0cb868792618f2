#pragma once

#include "s3/request.h"

#include <chrono>
#include <string_view>

namespace yatagarasu::s3 {

// One request to S3, as it ended: a retry is another.
struct Attempt {
  Operation operation;
  int status = 0;  // 0: no answer.
  // S3's error code, or connect, timeout, reset, tls or malformed; empty where nothing failed.
  std::string_view code;
  std::chrono::microseconds duration;  // To the end of the answer's head.
};

// Told of every attempt, on the loop of its client.
class AttemptObserver {
 public:
  virtual ~AttemptObserver() = default;
  AttemptObserver(const AttemptObserver&) = delete;
  AttemptObserver& operator=(const AttemptObserver&) = delete;

  virtual void attempted(const Attempt& attempt) = 0;
  virtual void retrying() = 0;

 protected:
  AttemptObserver() = default;
};

}  // namespace yatagarasu::s3
