#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

namespace yatagarasu::core {

// What a caller can do about a failure. Closed on purpose: a new value must be given an HTTP
// status in proxy/error_response.cc, and -Werror=switch makes the compiler find the place.
enum class ErrorCode : std::uint8_t {
  // The client's fault; asking again in the same way is no use.
  kInvalidRequest,
  kUnauthorized,
  kForbidden,
  kNotFound,
  kMethodNotAllowed,
  kRequestTimeout,
  kPayloadTooLarge,
  kUriTooLong,
  kHeadersTooLarge,
  kPreconditionFailed,
  kRangeNotSatisfiable,
  kTooManyRequests,  // A rate limit.
  kNotCached,        // It wanted what is in the cache or nothing.
  // The origin's fault; another attempt may work.
  kOriginUnreachable,  // DNS, connect, TLS, reset.
  kOriginTimeout,      // Did not connect, answer or go on in time.
  kOriginOverloaded,   // Asks us to slow down.
  kOriginFailed,       // Answered 5xx.
  kCircuitOpen,        // Has failed so often that it is not asked for a while.
  // The operator's: no attempt works before somebody changes something.
  kOriginMalformed,  // What it said is not HTTP, or not what was promised.
  kOriginRefusesUs,  // Our credentials, region or clock.
  // Ours.
  kOverloaded,   // A limit of this process is reached.
  kKeysMissing,  // Nothing to check tokens with, yet.
  kShuttingDown,
  kCancelled,      // Whoever asked has gone; nobody reads the answer.
  kConfiguration,  // The configuration file or a file it names.
  kSystem,         // A system call failed.
  kInternal,       // A bug here.
};

// `detail` is for logs and never reaches a client: it may name internal hosts. It never
// contains a secret.
struct [[nodiscard]] Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string detail;
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> failure(ErrorCode code, std::string detail) {
  return std::unexpected(Error{code, std::move(detail)});
}

}  // namespace yatagarasu::core
