#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace yatagarasu::observability {

// One request, as its access line tells it. Texts may hold any bytes; an empty one is left out,
// except `method` and `path`.
struct AccessRecord {
  std::string_view request_id;
  std::string_view client_ip;
  std::string_view method;
  std::string_view path;  // Without the query.
  int status = 0;
  std::uint64_t bytes_sent = 0;  // Of the body.
  std::chrono::microseconds duration{0};
  std::string_view bucket;
  std::string_view s3_key;
  std::string_view cache;        // As X-Cache.
  std::string_view subject;      // Of a verified token.
  std::string_view tls_subject;  // Of the client's certificate.
  std::string_view user_agent;
  std::string_view protocol;

  // The origin's part, left out unless there was an attempt.
  unsigned attempts = 0;
  int s3_status = 0;  // 0: it did not answer.
  std::string_view s3_request_id;
  std::chrono::microseconds s3_duration{0};

  std::string_view error;
  std::string_view reason;
};

}  // namespace yatagarasu::observability
