#include "config/bind.h"
#include "config/checks.h"
#include "config/key.h"
#include "config/tables.h"
#include "core/byte_count.h"
#include "observability/options.h"
#include "server/options.h"

#include <chrono>
#include <string>

namespace yatagarasu::config {
namespace {

using server::LimitOptions;
using server::Options;
using server::ReloadOptions;
using server::TimeoutOptions;

const Block& limits_block() {
  static const Block block{
      .title = "server.limits",
      .keys = {
          key("header_size", &LimitOptions::header_size, "The largest request head; 431 beyond.",
              size_between(core::kib(1), core::mib(1))),
          key("uri_length", &LimitOptions::uri_length, "The longest request target; 414 beyond.",
              size_between({64}, core::mib(1))),
          key("body_size", &LimitOptions::body_size,
              "Request bodies are read and dropped up to here; 413 beyond.",
              size_between({0}, core::gib(1))),
      }};
  return block;
}

const Block& timeouts_block() {
  static const Block block{
      .title = "server.timeouts",
      .keys = {
          key("header", &TimeoutOptions::header,
              "From a request's first byte to the end of its head; 408 beyond. A TLS handshake has "
              "as long.",
              Check<std::chrono::milliseconds>(must_pass)),
          key("idle", &TimeoutOptions::idle,
              "A keep-alive connection without a request is closed after this.",
              Check<std::chrono::milliseconds>(must_pass)),
          key("write_stall", &TimeoutOptions::write_stall,
              "A client that takes no byte for this long is reset.",
              Check<std::chrono::milliseconds>(must_pass)),
          key("request", &TimeoutOptions::request,
              "A whole request with its answer; 0 = no limit, since downloads may be long."),
      }};
  return block;
}

const Block& reload_block() {
  static const Block block{
      .title = "server.reload",
      .keys = {key("watch", &ReloadOptions::watch,
                   "Load this file again when it changes on disk, also when a symbolic link on "
                   "the way to it is swapped.")}};
  return block;
}

}  // namespace

const Block& server_block() {
  static const Block block{
      .title = "the server block",
      .keys = {
          key("address", &Options::address,
              "The IPv4 or IPv6 address to listen on. Needs a restart, like the port and threads.",
              Check<std::string>(must_be_address)),
          key("port", &Options::port,
              "The port to listen on; 0 picks a free one, which is logged."),
          key("threads", &Options::threads,
              "Event loops; 0 = one per available CPU (affinity and cgroup quota respected).",
              between(0U, 1024U)),
          key("http2", &Options::http2,
              "Speak HTTP/2 too: by prior knowledge on plain text, by ALPN on TLS."),
          key("health_endpoints", &Options::health_endpoints,
              "Answer /health, /health/live, /health/ready and /ready on this listener."),
          nested("tls", &Options::tls, listener_tls_block(),
                 "Speak TLS to clients; absent = plain text. Versions 1.2 and 1.3, authenticated "
                 "encryption with forward secrecy only."),
          key("trusted_proxies", &Options::trusted_proxies,
              "Addresses and blocks whose X-Forwarded-For is believed; the rightmost untrusted "
              "address is the client."),
          key("max_connections", &Options::max_connections,
              "Open client connections; beyond it new ones wait in the accept queue.",
              at_least(1U)),
          key("max_requests", &Options::max_requests,
              "Requests in flight; beyond it 503 with Retry-After.", at_least(1U)),
          nested("limits", &Options::limits, limits_block(), "What a request may be."),
          nested("timeouts", &Options::timeouts, timeouts_block(),
                 "How long clients are waited for."),
          key("shutdown_timeout", &Options::shutdown_timeout,
              "How long requests in flight may go on after SIGTERM."),
          nested("rate_limit", &Options::rate_limits, server_rate_limit_block(),
                 "How many requests are let in, all clients together and each by itself."),
          nested("reload", &Options::reload, reload_block(),
                 "When this file is loaded again, beside SIGHUP and POST /admin/reload."),
      }};
  return block;
}

const Block& logging_block() {
  using observability::Format;
  using observability::Level;
  using observability::LogOptions;
  static const Block block{
      .title = "the logging block",
      .keys = {
          choice("level", &LogOptions::level,
                 {{"debug", Level::kDebug},
                  {"info", Level::kInfo},
                  {"warn", Level::kWarn},
                  {"error", Level::kError}},
                 "The least level that is written; access lines have a switch of their own."),
          choice("format", &LogOptions::format, {{"json", Format::kJson}, {"text", Format::kText}},
                 "One JSON object a line, or text for people."),
          key("access_log", &LogOptions::access_log, "Write a line for every request."),
          key("output", &LogOptions::output,
              "stdout, stderr or a file's path (reopened on SIGUSR1).",
              Check<std::string>(must_not_be_empty)),
      }};
  return block;
}

}  // namespace yatagarasu::config
