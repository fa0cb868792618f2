#include "config/bind.h"
#include "config/checks.h"
#include "config/key.h"
#include "config/reader.h"
#include "config/tables.h"
#include "config/yaml_tree.h"
#include "resilience/circuit_breaker.h"
#include "s3/addressing.h"
#include "s3/options.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace yatagarasu::config {
namespace {

using resilience::CircuitBreakerOptions;
using s3::ConnectionOptions;
using s3::Options;
using s3::RetryOptions;
using s3::TimeoutOptions;
using s3::TlsOptions;
using Milliseconds = std::chrono::milliseconds;

constexpr std::size_t kLongestBucketName = 255;
// More would be a denial of service against the store.
constexpr std::uint32_t kMostAttempts = 10;
// A client waits meanwhile.
constexpr std::chrono::minutes kLongestBackoff{1};

std::optional<std::string> must_be_bucket_name(const std::string& name) {
  if (name.empty()) return "a text that is not empty";
  if (name.size() > kLongestBucketName || name.find('/') != std::string::npos) {
    return "the name of a bucket, without slashes";
  }
  return std::nullopt;
}

std::optional<std::string> must_be_bearable(const Milliseconds& backoff) {
  if (backoff <= kLongestBackoff) return std::nullopt;
  return "at most 1m: a client waits meanwhile";
}

std::optional<std::string> must_not_be_nothing(const Milliseconds& cooldown) {
  if (cooldown.count() > 0) return std::nullopt;
  return "more than 0";
}

std::optional<std::string> must_be_key_prefix(const std::string& prefix) {
  if (prefix.starts_with('/') || prefix.find('\0') != std::string::npos) {
    return "the beginning of a key: without a leading slash and without NUL";
  }
  return std::nullopt;
}

const Block& tls_block() {
  static const Block block{
      .title = "s3.tls",
      .keys = {key("ca_file", &TlsOptions::ca_file,
                   "PEM file with the authorities to trust; empty = the system's.",
                   Check<std::string>(must_be_readable_file)),
               key("verify", &TlsOptions::verify,
                   "Check the endpoint's certificate and name. Switch it off only to look for a "
                   "fault.")}};
  return block;
}

const Block& timeouts_block() {
  static const Block block{
      .title = "s3.timeouts",
      .keys = {key("connect", &TimeoutOptions::connect, "DNS, TCP and TLS together; 504 beyond.",
                   Check<Milliseconds>(must_pass)),
               key("first_byte", &TimeoutOptions::first_byte,
                   "From the request sent to the end of the answer's head; 504 beyond.",
                   Check<Milliseconds>(must_pass)),
               key("stall", &TimeoutOptions::stall,
                   "Between two bytes of a body; the transfer is cut beyond.",
                   Check<Milliseconds>(must_pass))}};
  return block;
}

const Block& connections_block() {
  static const Block block{
      .title = "s3.connections",
      .keys = {
          key("max", &ConnectionOptions::max,
              "Connections to the endpoint, for the whole process; each event loop has its share.",
              at_least(1U)),
          key("max_idle", &ConnectionOptions::max_idle,
              "Of them kept while they have nothing to do."),
          key("idle_timeout", &ConnectionOptions::idle_timeout, "How long they are kept.")}};
  return block;
}

const Block& retry_block() {
  static const Block block{
      .title = "s3.retry",
      .keys = {key("max_attempts", &RetryOptions::max_attempts,
                   "Attempts at one request, the first included; 1 = no retry. What is repeated is "
                   "a failed connect, a reset, 500, 502, 503 and 504, as long as nothing of the "
                   "body has been sent on.",
                   between(1U, kMostAttempts)),
               key("initial_backoff", &RetryOptions::initial_backoff,
                   "The most to wait before the first retry; it doubles with each further one. The "
                   "time waited is random.",
                   Check<Milliseconds>(must_be_bearable)),
               key("max_backoff", &RetryOptions::max_backoff,
                   "The most to wait before any retry. A `Retry-After` of the store, up to 5 s, "
                   "comes on top.",
                   Check<Milliseconds>(must_be_bearable)),
               key("budget", &RetryOptions::budget_percent,
                   "Retries allowed, in per cent of the bucket's requests of the last 10 s. 10 in "
                   "10 s are always allowed.",
                   between(0U, 100U))},
      .check = [](Reader& reader, const Node& node, void* owner) {
        const auto& retry = *static_cast<const RetryOptions*>(owner);
        if (retry.initial_backoff <= retry.max_backoff) return;
        const Node* const given = node.find("initial_backoff");
        reader.report(given == nullptr ? node : *given,
                      "`" + reader.path() + "` has an `initial_backoff` above `max_backoff`");
      }};
  return block;
}

const Block& circuit_breaker_block() {
  static const Block block{
      .title = "s3.circuit_breaker",
      .keys = {
          key("failure_threshold", &CircuitBreakerOptions::failure_threshold,
              "Failed attempts in a row after which the store is not asked for a while: 503 "
              "with Retry-After, or what is stale in the cache. Half of at least 20 in 10 s "
              "have the same effect, once so many have failed.",
              at_least(1U)),
          key("success_threshold", &CircuitBreakerOptions::success_threshold,
              "Successes after the cooldown that end it.", at_least(1U)),
          key("cooldown", &CircuitBreakerOptions::cooldown,
              "How long the store is not asked; then with a few requests, of which one that "
              "fails begins a new cooldown.",
              Check<Milliseconds>(must_not_be_nothing)),
          key("half_open_requests", &CircuitBreakerOptions::half_open_requests,
              "Requests at the same time after a cooldown, until it is ended.", at_least(1U))}};
  return block;
}

// Whether a key is there at all, or was given a default that leaves it empty.
void check_s3(Reader& reader, const Node& node, void* owner) {
  const auto& options = *static_cast<const Options*>(owner);
  const auto place = [&](std::string_view name) -> const Node& {
    const Node* const value = node.find(name);
    return value == nullptr ? node : *value;
  };
  if (options.region.empty() && options.endpoint.empty() && node.kind == Node::Kind::kMap &&
      node.find("region") == nullptr && node.find("endpoint") == nullptr) {
    reader.report(node, "`" + reader.path() + "` needs a `region` or an `endpoint`");
    return;
  }
  if (!options.access_key.empty() && options.secret_key.empty()) {
    reader.report(place("access_key"),
                  "`" + reader.path() + "` has an `access_key` without a `secret_key`");
  }
  if (options.access_key.empty() && !options.secret_key.empty()) {
    reader.report(place("secret_key"),
                  "`" + reader.path() + "` has a `secret_key` without an `access_key`");
  }
  if (options.access_key.empty() && !options.session_token.empty()) {
    reader.report(place("session_token"),
                  "`" + reader.path() + "` has a `session_token` without an `access_key`");
  }
  if (options.bucket.empty()) return;  // Said already.
  if (const auto address = s3::resolve_address(options); !address) {
    const Node& where = node.find("endpoint") != nullptr ? place("endpoint") : place("region");
    reader.report(where, "`" + reader.path() + "`: " + address.error().detail);
  }
}

}  // namespace

const Block& s3_block() {
  using s3::Addressing;
  static const Block block{
      .title = "an s3 block",
      .keys =
          {
              key("bucket", &Options::bucket, "The bucket's name at the store.",
                  Check<std::string>(must_be_bucket_name), Presence::kRequired),
              key("region", &Options::region,
                  "The bucket's region. May be left out with an `endpoint`; us-east-1 is signed "
                  "then."),
              key("endpoint", &Options::endpoint,
                  "http(s)://host[:port] of a store; empty = AWS for the region."),
              choice("addressing", &Options::addressing,
                     {{"auto", Addressing::kAuto},
                      {"path", Addressing::kPath},
                      {"virtual", Addressing::kVirtual}},
                     "Where the bucket is named: in the path, or in the host's name. auto = "
                     "virtual for AWS unless the "
                     "bucket has a dot, path for an endpoint."),
              key("access_key", &Options::access_key,
                  "The credentials' id. Without credentials requests go unsigned."),
              key("secret_key", &Options::secret_key, "The credentials' secret."),
              key("session_token", &Options::session_token, "The token of temporary credentials."),
              key("key_prefix", &Options::key_prefix, "Put in front of every key.",
                  Check<std::string>(must_be_key_prefix)),
              nested("tls", &Options::tls, tls_block(), "How an https endpoint is trusted."),
              nested("timeouts", &Options::timeouts, timeouts_block(),
                     "How long the store is waited for."),
              nested("connections", &Options::connections, connections_block(),
                     "Connections to the store."),
              nested("retry", &Options::retry, retry_block(), "What is asked for again."),
              nested("circuit_breaker", &Options::circuit_breaker, circuit_breaker_block(),
                     "When a store that fails is left alone."),
          },
      .check = check_s3};
  return block;
}

}  // namespace yatagarasu::config
