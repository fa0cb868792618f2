#include "proxy/exchange.h"

#include "cache/cache_status.h"
#include "core/cidr.h"
#include "http/fields.h"
#include "io/task.h"
#include "observability/access_record.h"
#include "observability/logger.h"
#include "observability/request_id.h"
#include "server/handler.h"

#include <chrono>
#include <cstdint>
#include <string_view>

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

Exchange::Exchange(const server::Request& request, const core::IpAddress& client,
                   observability::Logger& logger)
    : logger_(logger),
      request_id_(request_id_for(request.head.fields, new_id_)),
      client_ip_(client.to_string()),
      method_(request.head.method_text),
      path_(request.head.path),
      user_agent_(request.head.fields.get("User-Agent")),
      protocol_(request.protocol),
      tls_subject_(request.tls_subject),
      started_(request.started) {}

Exchange::Exchange(const core::IpAddress& peer, io::TimePoint started,
                   observability::Logger& logger)
    : logger_(logger),
      new_id_(observability::new_request_id()),
      request_id_(new_id_.data(), new_id_.size()),
      client_ip_(peer.to_string()),
      started_(started) {}

Exchange::~Exchange() {
  if (is_written_) return;
  // Nobody was left to answer.
  status = kClientClosedRequest;
  error = "client_gone";
  write_access_line(0);
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
  write_access_line(body_bytes);
}

void Exchange::write_access_line(std::uint64_t body_bytes) {
  is_written_ = true;
  observability::AccessRecord record;
  record.request_id = request_id_;
  record.client_ip = client_ip_;
  record.method = method_;
  record.path = path_;
  record.status = status;
  record.bytes_sent = body_bytes;
  record.duration =
      std::chrono::duration_cast<std::chrono::microseconds>(io::Clock::now() - started_);
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
