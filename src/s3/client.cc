#include "s3/client.h"

#include "client/fetch.h"
#include "client/options.h"
#include "client/origin.h"
#include "client/response_stream.h"
#include "core/result.h"
#include "http/message.h"
#include "io/loop.h"
#include "io/resolver.h"
#include "io/task.h"
#include "io/tls_client.h"
#include "s3/addressing.h"
#include "s3/attempt.h"
#include "s3/error_xml.h"
#include "s3/options.h"
#include "s3/request.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::s3 {
namespace {

// More of an error's body is not read: what S3 says there fits ten times over.
constexpr std::size_t kMaxErrorBody = 64 * 1024;

// RFC 9110 §15: what a GET or HEAD of an object is meant to be answered with.
bool is_success(int status) {
  return status == 200 || status == 206 || status == 304;
}

client::OriginOptions origin_options(const Options& options, const Address& address,
                                     const io::TlsClientContext* tls, unsigned loops) {
  const auto share = [loops](std::uint32_t whole) { return std::max(1U, whole / loops); };
  client::OriginOptions origin;
  origin.host = address.connect_host;
  origin.port = address.port;
  origin.tls = tls;
  origin.connect_timeout = options.timeouts.connect;
  origin.first_byte_timeout = options.timeouts.first_byte;
  origin.stall_timeout = options.timeouts.stall;
  origin.max_connections = share(options.connections.max);
  origin.max_idle = share(options.connections.max_idle);
  origin.idle_timeout = options.connections.idle_timeout;
  return origin;
}

std::chrono::sys_seconds wall_clock() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::string_view code_of(const core::Error& error) {
  switch (error.code) {
    case core::ErrorCode::kOriginTimeout: return "timeout";
    case core::ErrorCode::kOriginMalformed: return "malformed";
    case core::ErrorCode::kOriginUnreachable: return "connect";
    default: return "other";
  }
}

}  // namespace

Client::Client(io::Loop& loop, io::Resolver& resolver, const Options& options,
               const Address& address, const io::TlsClientContext* tls, unsigned loops,
               AttemptObserver* observer)
    : observer_(observer),
      builder_(options, address),
      origin_(loop, resolver, origin_options(options, address, tls, loops)) {}

io::Task<core::Result<ObjectAnswer>> Client::ask(const ObjectRequest& request, Trace& trace) {
  const io::TimePoint began = io::Clock::now();
  client::OutgoingRequest outgoing;
  // Of this request alone: others are built and sent while this one waits for a connection.
  const std::string head = builder_.build(request, wall_clock());
  outgoing.head = head;
  const bool is_head =
      request.operation == Operation::kHeadObject || request.operation == Operation::kHeadBucket;
  outgoing.body = is_head ? client::ResponseBody::kNone : client::ResponseBody::kExpected;
  outgoing.deadline = request.deadline;
  ++trace.attempts;
  core::Result<ObjectAnswer> answer = co_await origin_.send(outgoing);
  trace.duration = std::chrono::duration_cast<std::chrono::microseconds>(io::Clock::now() - began);
  if (!answer) {
    report(request, trace, &answer.error());
    co_return std::unexpected(std::move(answer.error()));
  }

  const http::ResponseHead& answered = (*answer)->head();
  trace.status = answered.status;
  trace.request_id = answered.fields.get("x-amz-request-id");
  if (is_success(answered.status) || request.error_answers == ErrorAnswers::kPassOn) {
    report(request, trace, nullptr);
    co_return std::move(*answer);
  }
  core::Error error = co_await explain_failure(std::move(*answer), trace);
  report(request, trace, nullptr);
  co_return std::unexpected(std::move(error));
}

void Client::report(const ObjectRequest& request, const Trace& trace,
                    const core::Error* error) const {
  if (observer_ == nullptr || (error != nullptr && error->code == core::ErrorCode::kCancelled)) {
    return;
  }
  observer_->attempted({.operation = request.operation,
                        .status = error == nullptr ? trace.status : 0,
                        .code = error == nullptr ? trace.error_code : code_of(*error),
                        .duration = trace.duration});
}

io::Task<core::Error> Client::explain_failure(ObjectAnswer answer, Trace& trace) {
  const int status = answer->head().status;
  std::string region(answer->head().fields.get("x-amz-bucket-region"));
  // Whatever can be had of it: a body that is cut or endless still leaves the status.
  const std::string body = co_await client::read_up_to(*answer, kMaxErrorBody);
  ErrorXml xml = parse_error_xml(body);
  if (xml.region.empty()) xml.region = std::move(region);
  trace.error_code = xml.code;
  trace.object_size = xml.actual_object_size;
  co_return classify(status, xml);
}

}  // namespace yatagarasu::s3
