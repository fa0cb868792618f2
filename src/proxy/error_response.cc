#include "proxy/error_response.h"

#include "core/result.h"
#include "server/handler.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::proxy {
namespace {

using core::ErrorCode;

constexpr ErrorFace kBadRequest{400, "bad_request", "The request is malformed."};
constexpr ErrorFace kUnauthorized{401, "unauthorized", "A valid access token is needed."};
constexpr ErrorFace kForbidden{403, "forbidden", "Access to the object is denied."};
constexpr ErrorFace kNotFound{404, "not_found", "The object does not exist."};
constexpr ErrorFace kMethodNotAllowed{405, "method_not_allowed",
                                      "Only GET, HEAD and OPTIONS are allowed."};
constexpr ErrorFace kRequestTimeout{408, "request_timeout", "The request took too long to arrive."};
constexpr ErrorFace kPreconditionFailed{412, "precondition_failed",
                                        "A condition of the request does not hold."};
constexpr ErrorFace kPayloadTooLarge{413, "payload_too_large", "The request body is too large."};
constexpr ErrorFace kUriTooLong{414, "uri_too_long", "The request target is too long."};
constexpr ErrorFace kRangeNotSatisfiable{416, "range_not_satisfiable",
                                         "The range lies outside the object."};
constexpr ErrorFace kTooManyRequests{429, "too_many_requests",
                                     "Too many requests; try again later."};
constexpr ErrorFace kHeadersTooLarge{431, "headers_too_large", "The request head is too large."};
constexpr ErrorFace kInternalError{500, "internal_error", "An internal error occurred."};
constexpr ErrorFace kBadGateway{502, "bad_gateway", "The storage behind this server failed."};
constexpr ErrorFace kServiceUnavailable{503, "service_unavailable",
                                        "The service is busy; try again later."};
constexpr ErrorFace kGatewayTimeout{504, "gateway_timeout",
                                    "The storage behind this server did not answer in time."};
constexpr ErrorFace kNotCached{504, "gateway_timeout", "The object is not in the cache."};
// How long a client should stay away from something overloaded, where nobody says.
constexpr std::chrono::seconds kRetryAfter{1};

}  // namespace

const ErrorFace& face_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidRequest: return kBadRequest;
    case ErrorCode::kUnauthorized: return kUnauthorized;
    case ErrorCode::kForbidden: return kForbidden;
    case ErrorCode::kNotFound: return kNotFound;
    case ErrorCode::kMethodNotAllowed: return kMethodNotAllowed;
    case ErrorCode::kRequestTimeout: return kRequestTimeout;
    case ErrorCode::kPayloadTooLarge: return kPayloadTooLarge;
    case ErrorCode::kUriTooLong: return kUriTooLong;
    case ErrorCode::kHeadersTooLarge: return kHeadersTooLarge;
    case ErrorCode::kPreconditionFailed: return kPreconditionFailed;
    case ErrorCode::kRangeNotSatisfiable: return kRangeNotSatisfiable;
    case ErrorCode::kTooManyRequests: return kTooManyRequests;
    case ErrorCode::kNotCached: return kNotCached;
    case ErrorCode::kOriginTimeout: return kGatewayTimeout;
    case ErrorCode::kOriginOverloaded:
    case ErrorCode::kCircuitOpen:
    case ErrorCode::kOverloaded:
    case ErrorCode::kKeysMissing:
    case ErrorCode::kShuttingDown: return kServiceUnavailable;
    case ErrorCode::kOriginUnreachable:
    case ErrorCode::kOriginFailed:
    case ErrorCode::kOriginMalformed:
    case ErrorCode::kOriginRefusesUs: return kBadGateway;
    case ErrorCode::kCancelled:
    case ErrorCode::kConfiguration:
    case ErrorCode::kSystem:
    case ErrorCode::kInternal: return kInternalError;
  }
  return kInternalError;
}

const ErrorFace& face_of_status(int status) {
  switch (status) {
    case 405: return kMethodNotAllowed;
    case 408: return kRequestTimeout;
    case 413: return kPayloadTooLarge;
    case 414: return kUriTooLong;
    case 431: return kHeadersTooLarge;
    default: return kBadRequest;
  }
}

server::Response error_response(const ErrorFace& face, std::string_view request_id,
                                std::optional<std::chrono::seconds> retry_after) {
  server::Response response;
  response.status = face.status;
  response.headers.add("Content-Type", "application/json");
  if (face.status == 405) response.headers.add("Allow", "GET, HEAD, OPTIONS");
  if (face.status == 503) {
    response.headers.add("Retry-After", std::to_string(retry_after.value_or(kRetryAfter).count()));
  }

  // Names, messages and sane request ids need no escaping in JSON.
  std::string body;
  body.reserve(160);
  body += R"({"error":")";
  body += face.name;
  body += R"(","message":")";
  body += face.message;
  body += R"(","status":)";
  body += std::to_string(face.status);
  body += R"(,"request_id":")";
  body += request_id;
  body += "\"}\n";
  response.body = std::move(body);
  return response;
}

}  // namespace yatagarasu::proxy
