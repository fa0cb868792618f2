#pragma once

#include "auth/principal.h"
#include "cache/cache_status.h"
#include "core/cidr.h"
#include "http/message.h"
#include "io/task.h"
#include "observability/logger.h"
#include "observability/request_id.h"
#include "proxy/bucket_metrics.h"
#include "proxy/request_slot.h"
#include "proxy/services.h"
#include "s3/request.h"
#include "server/handler.h"

#include <chrono>
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
  Exchange(ServicesLease services, const server::Request& request, const core::IpAddress& client,
           BucketMetrics::OfLoop& metrics, observability::Logger& logger);
  // For a request whose head was refused: there is nothing but its peer.
  Exchange(ServicesLease services, const core::IpAddress& peer, io::TimePoint started,
           BucketMetrics::OfLoop& metrics, observability::Logger& logger);
  ~Exchange() override;

  void begun() override { first_byte_ = io::Clock::now(); }
  void finished(Outcome outcome, std::uint64_t body_bytes) override;

  // Those that the request began with.
  const Services& services() const { return *services_; }
  const ServicesLease& lease() const { return services_; }
  std::string_view request_id() const { return request_id_; }
  observability::Logger& logger() { return logger_; }

  // Where it is counted: begins as one that reaches no bucket.
  void count_in(BucketMetrics::OfLoop& metrics) { metrics_ = &metrics; }
  BucketMetrics::OfLoop& metrics() { return *metrics_; }

  // Filled in as it becomes known.
  int status = 0;                           // 0: the client went away before there was an answer.
  std::string_view bucket;                  // Of the services.
  std::string key;                          // The S3 key, key_prefix included.
  std::optional<cache::CacheStatus> cache;  // Where it came as far as the objects.
  std::string error;                        // What failed: the `error` of the answer.
  std::string reason;                       // Why, for the operator.
  std::shared_ptr<const auth::Principal> principal;  // Null: nobody said who they are.
  s3::Trace trace;
  RequestSlot slot;  // Its place among the requests in flight.

 private:
  void end(std::uint64_t body_bytes);
  void write_access_line(std::uint64_t body_bytes, std::chrono::microseconds duration);

  ServicesLease services_;  // First: outlives everything here that points into it.
  BucketMetrics::OfLoop* metrics_;
  observability::Logger& logger_;
  observability::NewRequestId new_id_{};
  std::string_view request_id_;  // The client's own in the request's head, or new_id_.
  std::string client_ip_;
  http::Method method_ = http::Method::kOther;
  std::string_view method_text_;
  std::string_view path_;
  std::string_view user_agent_;
  std::string_view protocol_;
  std::string_view tls_subject_;
  io::TimePoint started_;
  std::optional<io::TimePoint> first_byte_;  // Empty: with the last one.
  bool has_ended_ = false;
};

}  // namespace yatagarasu::proxy
