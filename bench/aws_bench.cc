// The signature of a request to S3, the larger part of what a miss costs beyond forwarding.

#include "aws/canonical_request.h"
#include "aws/credentials.h"
#include "aws/signing_key.h"
#include "aws/sigv4.h"
#include "core/secret.h"
#include "http/fields.h"

#include <array>
#include <benchmark/benchmark.h>
#include <chrono>
#include <cstddef>
#include <string>

namespace yatagarasu::aws {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::sys_seconds kNow = std::chrono::sys_days(2026y / 1 / 2) + 3h;

Credentials credentials(std::size_t token_bytes) {
  return {.access_key = "AKIAIOSFODNN7EXAMPLE",
          .secret_key = core::Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
          .session_token = core::Secret(std::string(token_bytes, 't'))};
}

const std::array<http::Field, 1> kRange = {{{"range", "bytes=1048576-2097151"}}};

SigningRequest typical_request() {
  return {.method = "GET",
          .host = "my-products.s3.us-east-1.amazonaws.com",
          .path = "/images/2026/01/a-product-photo-large.jpg",
          .query = "",
          .headers = kRange};
}

void sign_repeatedly(benchmark::State& state, Signer& signer, std::chrono::seconds step) {
  const SigningRequest request = typical_request();
  std::chrono::sys_seconds now = kNow;
  std::string head;
  for (auto _ : state) {
    head.clear();
    signer.sign(request, now, head);
    benchmark::DoNotOptimize(head.data());
    now += step;
  }
}

void sign_get_with_range(benchmark::State& state) {
  Signer signer(credentials(0), "us-east-1");
  sign_repeatedly(state, signer, 0s);
}
BENCHMARK(sign_get_with_range);

void sign_with_session_token(benchmark::State& state) {
  Signer signer(credentials(900), "us-east-1");
  sign_repeatedly(state, signer, 0s);
}
BENCHMARK(sign_with_session_token);

void sign_once_a_second(benchmark::State& state) {
  Signer signer(credentials(0), "us-east-1");
  sign_repeatedly(state, signer, 1s);
}
BENCHMARK(sign_once_a_second);

void derive_key(benchmark::State& state) {
  const core::Secret secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
  for (auto _ : state) {
    benchmark::DoNotOptimize(derive_signing_key(secret, {"20260102", "us-east-1", "s3"}));
  }
}
BENCHMARK(derive_key);

void canonicalise_query(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(canonical_query("versionId=3%2FL4kqtJ&partNumber=1"));
  }
}
BENCHMARK(canonicalise_query);

}  // namespace
}  // namespace yatagarasu::aws
