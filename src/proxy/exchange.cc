#include "proxy/exchange.h"

#include "cache/cache_status.h"
#include "core/cidr.h"
#include "http/fields.h"
#include "io/task.h"
#include "observability/access_record.h"
#include "observability/logger.h"
#include "observability/request_id.h"
#include "proxy/bucket_metrics.h"
#include "proxy/services.h"
#include "server/handler.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace yatagarasu::proxy {
namespace {

// What the log says where no status was sent, as nginx does.
constexpr int kClientClosedRequest = 499;

// The client's id where that can be used, else `made`, which is filled then.
std::string_view request_id_for(const http::Fields& fields, observability::NewRequestId& made) {
  const http::Field* const sent = fields.find("X-Request-Id");
  if (sent != nullptr && observability::is_sane_request_id(sent->value)) return sent->value;
  made = observability::new_request_id();
  return {made.data(), made.size()};
}

}  // namespace

Exchange::Exchange(ServicesLease services, const server::Request& request,
                   const core::IpAddress& client, BucketMetrics::OfLoop& metrics,
                   observability::Logger& logger)
    : services_(std::move(services)),
      metrics_(&metrics),
      logger_(logger),
      request_id_(request_id_for(request.head.fields, new_id_)),
      client_ip_(client.to_string()),
      method_(request.head.method),
      method_text_(request.head.method_text),
      path_(request.head.path),
      user_agent_(request.head.fields.get("User-Agent")),
      protocol_(request.protocol),
      tls_subject_(request.tls_subject),
      started_(request.started) {}

Exchange::Exchange(ServicesLease services, const core::IpAddress& peer, io::TimePoint started,
                   BucketMetrics::OfLoop& metrics, observability::Logger& logger)
    : services_(std::move(services)),
      metrics_(&metrics),
      logger_(logger),
      new_id_(observability::new_request_id()),
      request_id_(new_id_.data(), new_id_.size()),
      client_ip_(peer.to_string()),
      started_(started) {}

Exchange::~Exchange() {
  if (has_ended_) return;
  // Nobody was left to answer.
  status = kClientClosedRequest;
  error = "client_gone";
  end(0);
}

void Exchange::finished(Outcome outcome, std::uint64_t body_bytes) {
  switch (outcome) {
    case Outcome::kWhole: break;
    case Outcome::kClientGone:
      error = "client_gone";
      reason = "the client left or stalled before the end of the answer";
      break;
    case Outcome::kOriginCut:
      error = "bad_gateway";
      reason = "the origin's body ended early; the client's transfer was cut";
      break;
  }
  end(body_bytes);
}

void Exchange::end(std::uint64_t body_bytes) {
  using std::chrono::duration_cast;
  using std::chrono::microseconds;
  has_ended_ = true;
  const auto whole = duration_cast<microseconds>(io::Clock::now() - started_);
  const auto first_byte =
      first_byte_ ? duration_cast<microseconds>(*first_byte_ - started_) : whole;
  metrics_->count({.method = method_,
                   .status = status,
                   .cache = cache ? std::optional(cache->outcome) : std::nullopt,
                   .body_bytes = body_bytes,
                   .first_byte = first_byte,
                   .whole = whole});
  write_access_line(body_bytes, whole);
}

void Exchange::write_access_line(std::uint64_t body_bytes, std::chrono::microseconds duration) {
  observability::AccessRecord record;
  record.request_id = request_id_;
  record.client_ip = client_ip_;
  record.method = method_text_;
  record.path = path_;
  record.status = status;
  record.bytes_sent = body_bytes;
  record.duration = duration;
  record.bucket = bucket;
  record.s3_key = key;
  if (cache) record.cache = cache::x_cache_value(cache->outcome);
  if (principal != nullptr) record.subject = principal->subject;
  record.tls_subject = tls_subject_;
  record.user_agent = user_agent_;
  record.protocol = protocol_;
  record.attempts = trace.attempts;
  record.s3_status = trace.status;
  record.s3_request_id = trace.request_id;
  record.s3_duration = trace.duration;
  record.error = error;
  record.reason = reason;
  logger_.access(record);
}

}  // namespace yatagarasu::proxy
