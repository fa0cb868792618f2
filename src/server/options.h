#pragma once

#include "core/byte_count.h"
#include "core/cidr.h"
#include "io/tls_server_options.h"
#include "resilience/options.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace yatagarasu::server {

using CertificateOptions = io::TlsCertificateOptions;
using ClientAuth = io::ClientAuth;
using TlsFinding = io::TlsFinding;
using TlsOptions = io::TlsServerOptions;
using TlsVersion = io::TlsVersion;

struct LimitOptions {
  core::ByteCount header_size = core::kib(32);  // 431 beyond.
  core::ByteCount uri_length = core::kib(8);    // 414 beyond.
  core::ByteCount body_size = core::kib(64);    // Of a request's body; 413 beyond.
};

struct TimeoutOptions {
  // From first byte to the end of the head: 408. A TLS handshake has as long.
  std::chrono::milliseconds header{10'000};
  std::chrono::milliseconds idle{75'000};         // Keep-alive without a request.
  std::chrono::milliseconds write_stall{30'000};  // The client takes no byte: reset.
  std::chrono::milliseconds request{0};           // Whole request; 0 = none.
};

// All clients together, and each by its address.
struct RateLimits {
  resilience::RateLimitOptions all;
  resilience::RateLimitOptions per_client;
};

// When the configuration's file is loaded again, beside SIGHUP and the admin listener.
struct ReloadOptions {
  bool watch = false;  // When the file changes on disk.
};

// The `server` block.
struct Options {
  std::string address = "0.0.0.0";  // IPv4 or IPv6; validated.
  std::uint16_t port = 8080;        // 0 picks a free one.
  unsigned threads = 0;             // 0 = one per available CPU.
  bool http2 = true;                // Beside HTTP/1.1.
  bool health_endpoints = true;
  std::vector<core::Cidr> trusted_proxies;
  std::uint32_t max_connections = 16'384;  // Beyond it new ones wait in the accept queue.
  std::uint32_t max_requests = 4'096;      // In flight; 503 beyond.
  LimitOptions limits;
  TimeoutOptions timeouts;
  std::optional<TlsOptions> tls;  // Absent: plain text.
  std::chrono::milliseconds shutdown_timeout{30'000};
  RateLimits rate_limits;
  ReloadOptions reload;
  // Not a key: whether handlers get request bodies, of any method. Else they are dropped, and a
  // method that means nothing is answered without waiting for its body.
  bool keeps_bodies = false;
};

}  // namespace yatagarasu::server
