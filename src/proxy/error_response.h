#pragma once

#include "core/result.h"
#include "server/handler.h"

#include <chrono>
#include <optional>
#include <string_view>

namespace yatagarasu::proxy {

// How an error looks to a client (spec: the table of HTTP errors).
struct ErrorFace {
  int status;
  std::string_view name;     // The `error` member.
  std::string_view message;  // Says nothing of what is behind the proxy.
};

const ErrorFace& face_of(core::ErrorCode code);

// The face of a request that the codec refused with `status`.
const ErrorFace& face_of_status(int status);

// The JSON answer, with Retry-After where asking again later is of use: then, or in a moment.
server::Response error_response(const ErrorFace& face, std::string_view request_id,
                                std::optional<std::chrono::seconds> retry_after = std::nullopt);

}  // namespace yatagarasu::proxy
