#pragma once

#include "core/secret.h"
#include "resilience/circuit_breaker.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace yatagarasu::s3 {

enum class Addressing : std::uint8_t {
  kAuto,     // Virtual for AWS (unless the bucket has a dot), path for an endpoint.
  kPath,     // host/bucket/key
  kVirtual,  // bucket.host/key
};

struct TlsOptions {
  std::string ca_file;  // PEM; empty = the system's.
  bool verify = true;

  friend bool operator==(const TlsOptions&, const TlsOptions&) = default;
};

struct TimeoutOptions {
  std::chrono::milliseconds connect{3'000};      // DNS, TCP and TLS together.
  std::chrono::milliseconds first_byte{15'000};  // From the request sent to the end of the head.
  std::chrono::milliseconds stall{15'000};       // Between two bytes of the body.

  friend bool operator==(const TimeoutOptions&, const TimeoutOptions&) = default;
};

// Per process: each loop has its share.
struct ConnectionOptions {
  std::uint32_t max = 256;
  std::uint32_t max_idle = 64;
  std::chrono::milliseconds idle_timeout{60'000};

  friend bool operator==(const ConnectionOptions&, const ConnectionOptions&) = default;
};

struct RetryOptions {
  std::uint32_t max_attempts = 3;                 // The first one included; at least 1.
  std::chrono::milliseconds initial_backoff{50};  // The most to wait before the first retry.
  std::chrono::milliseconds max_backoff{1'000};   // And before any; at least initial_backoff.
  std::uint32_t budget_percent = 20;              // Of the bucket's recent requests.

  friend bool operator==(const RetryOptions&, const RetryOptions&) = default;
};

// A bucket's `s3` block, validated.
struct Options {
  std::string bucket;
  std::string region;    // Empty only with an endpoint; then us-east-1 is signed.
  std::string endpoint;  // http(s)://host[:port]; empty = AWS for the region.
  Addressing addressing = Addressing::kAuto;
  // Both or neither: without them requests go unsigned (public buckets).
  core::Secret access_key;
  core::Secret secret_key;
  core::Secret session_token;
  std::string key_prefix;  // Put in front of every key.
  TlsOptions tls;
  TimeoutOptions timeouts;
  ConnectionOptions connections;
  RetryOptions retry;
  resilience::CircuitBreakerOptions circuit_breaker;

  friend bool operator==(const Options&, const Options&) = default;
};

// What nothing may show, whoever says it.
inline std::vector<core::Secret> secrets_of(const Options& options) {
  return {options.access_key, options.secret_key, options.session_token};
}

}  // namespace yatagarasu::s3
