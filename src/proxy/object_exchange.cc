#include "proxy/object_exchange.h"

#include "core/result.h"
#include "http/conditional.h"
#include "http/date.h"
#include "http/entity_tag.h"
#include "http/message.h"
#include "http/range.h"
#include "io/task.h"
#include "proxy/exchange.h"
#include "proxy/guarded_body.h"
#include "proxy/options.h"
#include "proxy/origin_health.h"
#include "proxy/representation.h"
#include "proxy/services.h"
#include "s3/client.h"
#include "s3/request.h"
#include "server/handler.h"

#include <expected>
#include <optional>
#include <string_view>
#include <utility>

namespace yatagarasu::proxy {
namespace {

using core::ErrorCode;

s3::Operation operation_of(http::Method method) {
  return method == http::Method::kHead ? s3::Operation::kHeadObject : s3::Operation::kGetObject;
}

bool is_error(const core::Result<s3::ObjectAnswer>& answer, ErrorCode code) {
  return !answer && answer.error().code == code;
}

http::Validators validators_of(const http::ResponseHead& head) {
  return {.etag = head.fields.get("ETag"),
          .last_modified = http::parse_date(head.fields.get("Last-Modified")),
          .date = http::parse_date(head.fields.get("Date"))};
}

}  // namespace

ObjectExchange::ObjectExchange(Bucket& bucket, s3::Client& client, const server::Request& request,
                               Exchange& exchange)
    : bucket_(bucket),
      client_(client),
      request_(request),
      exchange_(exchange),
      origin_request_(request.head, bucket.options) {}

io::Task<core::Result<server::Response>> ObjectExchange::run(std::string_view key) {
  if (origin_request_.is_malformed()) {
    co_return core::failure(ErrorCode::kInvalidRequest, "malformed escape in the query");
  }
  core::Result<s3::ObjectAnswer> answer = co_await ask(key);
  if (is_stale_range(answer)) {
    // The object is no longer the one that the client has a part of (RFC 9110 §13.1.5).
    origin_request_.ask_for_whole();
    // Its connection goes first: it may be the last one that the bucket may have.
    answer = core::failure(ErrorCode::kPreconditionFailed, "the range is stale");
    answer = co_await ask(key);
  } else if (is_error(answer, ErrorCode::kPreconditionFailed) &&
             origin_request_.drop_date_condition()) {
    answer = co_await ask(key);  // Looked at again in answer_with().
  }
  if (is_error(answer, ErrorCode::kRangeNotSatisfiable) && !exchange_.trace.object_size) {
    co_await find_size(key);
  }
  note_health(bucket_.health(), answer, exchange_.trace);
  if (!answer) {
    co_return std::unexpected(
        refine(std::move(answer.error()), bucket_.health(), request_.head.method));
  }
  co_return answer_with(std::move(*answer));
}

bool ObjectExchange::is_stale_range(const core::Result<s3::ObjectAnswer>& answer) const {
  if (!origin_request_.is_if_range()) return false;
  if (!answer) return answer.error().code == ErrorCode::kPreconditionFailed;
  const http::ResponseHead& head = (*answer)->head();
  return head.status == 206 && !http::range_applies(request_.head.fields, validators_of(head));
}

// For the Content-Range of a 416, where the store does not tell.
io::Task<void> ObjectExchange::find_size(std::string_view key) {
  s3::ObjectRequest request;
  request.operation = s3::Operation::kHeadObject;
  request.key = key;
  request.query = origin_request_.query();
  request.deadline = request_.deadline;
  s3::Trace trace;
  const core::Result<s3::ObjectAnswer> answer = co_await client_.ask(request, trace);
  if (answer) exchange_.trace.object_size = (*answer)->head().content_length;
}

io::Task<core::Result<s3::ObjectAnswer>> ObjectExchange::ask(std::string_view key) {
  s3::ObjectRequest request;
  request.operation = operation_of(request_.head.method);
  request.key = key;
  request.query = origin_request_.query();
  request.headers = origin_request_.headers();
  request.deadline = request_.deadline;
  if (bucket_.options.error_responses == ErrorResponses::kOrigin &&
      !origin_request_.is_if_range()) {
    request.error_answers = s3::ErrorAnswers::kPassOn;
  }
  co_return co_await client_.ask(request, exchange_.trace);
}

core::Result<server::Response> ObjectExchange::answer_with(s3::ObjectAnswer answer) {
  const http::ResponseHead& head = answer->head();
  if (head.status == 206 && (!origin_request_.is_ranged() || !head.fields.has("Content-Range"))) {
    return core::failure(ErrorCode::kOriginMalformed, "S3 sent a 206 that nobody asked for");
  }
  if (head.status == 206 && head.content_length == 0) {
    // No range of bytes is empty; some stores answer so for an empty object.
    exchange_.trace.object_size = 0;
    return core::failure(ErrorCode::kRangeNotSatisfiable, "the object is empty");
  }
  if (head.status == 200 || head.status == 206) {
    switch (http::evaluate_preconditions(request_.head.fields, validators_of(head))) {
      case http::Precondition::kProceed: break;
      case http::Precondition::kNotModified: return not_modified(head);
      case http::Precondition::kFailed:
        return core::failure(ErrorCode::kPreconditionFailed, "precondition failed");
    }
  }
  if (head.status == 304) return not_modified(head);

  server::Response response;
  response.status = head.status;
  response.headers = bucket_.headers.to_client(head.fields);
  if (request_.head.method == http::Method::kHead) {
    response.content_length = head.content_length;
    return response;
  }
  response.content_length = answer->length();
  response.body = guarded(std::move(answer), bucket_);
  return response;
}

server::Response ObjectExchange::not_modified(const http::ResponseHead& origin) const {
  server::Response response;
  response.status = 304;
  response.headers = bucket_.headers.to_client(origin.fields);
  remove_body_fields(response.headers);
  if (!response.headers.has("ETag")) {
    // Some stores leave it out: it is the one the client has, when it named one.
    const std::string_view tag = request_.head.fields.get("If-None-Match");
    if (http::is_entity_tag(tag)) response.headers.add("ETag", tag);
  }
  return response;
}

void ObjectExchange::complete_error(server::Response& response) const {
  if (response.status != 416) return;
  const auto& size = exchange_.trace.object_size;
  if (size) response.headers.add("Content-Range", http::format_unsatisfied_range(*size));
}

}  // namespace yatagarasu::proxy
