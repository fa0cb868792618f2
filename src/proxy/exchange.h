#pragma once

#include "auth/principal.h"
#include "cache/cache_status.h"
#include "core/cidr.h"
#include "io/task.h"
#include "observability/logger.h"
#include "observability/request_id.h"
#include "proxy/request_slot.h"
#include "s3/request.h"
#include "server/handler.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace yatagarasu::proxy {

// What is known of one request, from its first byte to the end of its answer. Writes the access
// line when it ends, whatever way it ends.
//
// It travels as the response's observer, so it lives exactly as long as the request's head, into
// which its views point.
class Exchange final : public server::ResponseObserver {
 public:
  Exchange(const server::Request& request, const core::IpAddress& client,
           observability::Logger& logger);
  // For a request whose head was refused: there is nothing but its peer.
  Exchange(const core::IpAddress& peer, io::TimePoint started, observability::Logger& logger);
  ~Exchange() override;

  void finished(Outcome outcome, std::uint64_t body_bytes) override;

  std::string_view request_id() const { return request_id_; }
  observability::Logger& logger() { return logger_; }

  // Filled in as it becomes known.
  int status = 0;                           // 0: the client went away before there was an answer.
  std::string_view bucket;                  // Of the configuration, which outlives every exchange.
  std::string key;                          // The S3 key, key_prefix included.
  std::optional<cache::CacheStatus> cache;  // Where it came as far as the objects.
  std::string error;                        // What failed: the `error` of the answer.
  std::string reason;                       // Why, for the operator.
  std::shared_ptr<const auth::Principal> principal;  // Null: nobody said who they are.
  s3::Trace trace;
  RequestSlot slot;  // Its place among the requests in flight.

 private:
  void write_access_line(std::uint64_t body_bytes);

  observability::Logger& logger_;
  observability::NewRequestId new_id_{};
  std::string_view request_id_;  // The client's own in the request's head, or new_id_.
  std::string client_ip_;
  std::string_view method_;
  std::string_view path_;
  std::string_view user_agent_;
  std::string_view protocol_;
  std::string_view tls_subject_;
  io::TimePoint started_;
  bool is_written_ = false;
};

}  // namespace yatagarasu::proxy
