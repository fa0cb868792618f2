#pragma once

#include "client/response_stream.h"
#include "http/fields.h"
#include "io/task.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace yatagarasu::s3 {

enum class Operation : std::uint8_t { kGetObject, kHeadObject, kHeadBucket, kListBucket };

// Whether a failed answer is turned into an Error, or handed out as it is.
enum class ErrorAnswers : std::uint8_t { kClassify, kPassOn };

// One request for an object. The views live until the task has completed.
struct ObjectRequest {
  Operation operation = Operation::kGetObject;
  std::string_view key;    // Decoded bytes, without the bucket's key_prefix; not for a bucket.
  std::string_view query;  // Canonical: encoded and sorted; empty for none.
  // Further headers, each signed.
  std::span<const http::Field> headers;
  ErrorAnswers error_answers = ErrorAnswers::kClassify;
  io::TimePoint deadline = io::kNever;
};

// What the origin said, for the log; filled as it becomes known, whatever the result. Of several
// attempts the last one counts.
struct Trace {
  int status = 0;  // 0: it was not asked, or did not answer.
  std::string request_id;
  std::chrono::microseconds duration{0};  // To the end of the head, earlier attempts included.
  unsigned attempts = 0;                  // Of all requests that were made with this trace.
  // How long S3, or an open circuit breaker, wants to be left alone.
  std::optional<std::chrono::seconds> retry_after;
  std::string error_code;                    // S3's <Code>.
  std::optional<std::uint64_t> object_size;  // From a 416.
};

using ObjectAnswer = std::unique_ptr<client::ResponseStream>;

}  // namespace yatagarasu::s3
