#include "unit/config/load_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace yatagarasu::config {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

struct RefusalCase {
  std::string text;
  std::string problem;
};

class RefusalTest : public ::testing::TestWithParam<RefusalCase> {};

TEST_P(RefusalTest, HasItsOwnMessageAndPlace) {
  EXPECT_THAT(problems_of(GetParam().text), ElementsAre(GetParam().problem));
}

std::string with_server(const std::string& line) {
  return "server:\n  " + line + "\n" + kBucket + "\n";
}

std::string with_bucket_key(const std::string& line) {
  return std::string(kBucket) + "\n    " + line + "\n";
}

std::string with_s3(const std::string& s3) {
  return "buckets:\n  - name: files\n    path_prefix: /files\n    s3: " + s3 + "\n";
}

std::string with_prefix(const std::string& prefix) {
  return "buckets:\n  - name: files\n    path_prefix: " + prefix +
         "\n    s3: { bucket: inner, region: us-east-1 }\n";
}

INSTANTIATE_TEST_SUITE_P(
    Document, RefusalTest,
    ::testing::Values(
        RefusalCase{"", "f.yaml: the file is empty"},
        RefusalCase{"# only a comment\n", "f.yaml: the file is empty"},
        RefusalCase{"[]", "f.yaml:1:1: the file must be a block of keys"},
        RefusalCase{"server: {}\n", "f.yaml:1:1: `buckets` is missing from the configuration"},
        RefusalCase{"buckets: []\n", "f.yaml:1:10: `buckets` must have at least one bucket"},
        RefusalCase{"buckets: 1\n", "f.yaml:1:10: `buckets` must be a list"},
        RefusalCase{std::string(kBucket) + "\n---\na: 1\n",
                    "f.yaml:5:1: the file holds a second document, or text that belongs to none"},
        RefusalCase{"a: \xff\n", "f.yaml:1:4: the file holds a byte that is no UTF-8 text"},
        RefusalCase{std::string("a: \0\n", 5),
                    "f.yaml:1:4: the file holds a byte that is no UTF-8 text"},
        RefusalCase{std::string(kBucket) + "\nbuckets: []\n",
                    "f.yaml:5:1: `buckets` is given twice; the first is in line 2"},
        RefusalCase{with_server("port: 1\n  port: 2"),
                    "f.yaml:3:3: `port` is given twice; the first is in line 2"}));

INSTANTIATE_TEST_SUITE_P(
    Tls, RefusalTest,
    ::testing::Values(
        RefusalCase{with_server("tls: {}"),
                    "f.yaml:2:8: `server.tls` needs a `certificate` and its `private_key`"},
        RefusalCase{with_server("tls: { certificates: [] }"),
                    "f.yaml:2:24: `server.tls` needs a `certificate` and its `private_key`"},
        RefusalCase{with_server("tls: { certificate: a }"),
                    "f.yaml:2:23: `server.tls` has a `certificate` without a `private_key`"},
        RefusalCase{with_server("tls: { private_key: a }"),
                    "f.yaml:2:23: `server.tls` has a `private_key` without a `certificate`"},
        RefusalCase{with_server("tls: { certificates: [{ certificate: a }] }"),
                    "f.yaml:2:25: `private_key` is missing from a certificate"},
        RefusalCase{with_server("tls: { certificates: [{ certificate: a, private_key: '' }] }"),
                    "f.yaml:2:56: `server.tls.certificates[0].private_key` must be a text that is "
                    "not empty"},
        RefusalCase{
            with_server("tls: { certificate: /dev/null, private_key: /dev/null, client_auth: "
                        "optional }"),
            "f.yaml:2:71: `server.tls` has a `client_auth` without a `client_ca`"}));

TEST(TlsVersionTest, OlderOnesAreNone) {
  EXPECT_THAT(problems_of(with_server("tls: { min_version: 1.1 }")),
              Contains("f.yaml:2:23: `server.tls.min_version` must be one of `1.2`, `1.3`"));
}

TEST(TlsFilesTest, AreNamedWhereTheyStand) {
  EXPECT_THAT(problems_of(with_server("tls:\n"
                                      "    certificate: /n/a.crt\n"
                                      "    private_key: /n/a.key\n"
                                      "    certificates:\n"
                                      "      - certificate: /n/b.crt\n"
                                      "        private_key: /n/b.key\n"
                                      "        ocsp_file: /n/b.ocsp\n"
                                      "    client_ca: /n/ca.pem")),
              ElementsAre("f.yaml:3:18: `server.tls.certificate`: /n/a.crt cannot be read: No such "
                          "file or directory",
                          "f.yaml:4:18: `server.tls.private_key`: /n/a.key cannot be read: No such "
                          "file or directory",
                          "f.yaml:6:22: `server.tls.certificates[0].certificate`: /n/b.crt cannot "
                          "be read: No such file or directory",
                          "f.yaml:7:22: `server.tls.certificates[0].private_key`: /n/b.key cannot "
                          "be read: No such file or directory",
                          "f.yaml:9:16: `server.tls.client_ca`: /n/ca.pem cannot be read: No such "
                          "file or directory"));
}

std::string with_admin(const std::string& keys, const std::string& server = "{}") {
  return "server: " + server + "\nadmin: { " + keys + " }\n" + kBucket + "\n";
}

INSTANTIATE_TEST_SUITE_P(
    Admin, RefusalTest,
    ::testing::Values(
        RefusalCase{with_admin("address: localhost"),
                    "f.yaml:2:19: `admin.address` must be an IPv4 or IPv6 address; `localhost` is "
                    "none"},
        RefusalCase{with_admin("port: 65536"),
                    "f.yaml:2:16: `admin.port` must be a number from 0 to 65535"},
        RefusalCase{with_admin("address: 0.0.0.0"),
                    "f.yaml:2:19: `admin.token` is needed where `admin.address` is not loopback"},
        RefusalCase{with_admin("address: '::'"),
                    "f.yaml:2:19: `admin.token` is needed where `admin.address` is not loopback"},
        RefusalCase{with_admin("address: 10.0.0.1, token: ''"),
                    "f.yaml:2:19: `admin.token` is needed where `admin.address` is not loopback"},
        RefusalCase{with_admin("port: 8080", "{ address: 127.0.0.1, port: 8080 }"),
                    "f.yaml:2:8: `admin.port` must not be that of `server`, 8080"},
        RefusalCase{with_admin("port: 8080", "{ address: 0.0.0.0, port: 8080 }"),
                    "f.yaml:2:8: `admin.port` must not be that of `server`, 8080"},
        RefusalCase{
            with_admin("address: '::', port: 8080, token: t", "{ address: 127.0.0.1, port: 8080 }"),
            "f.yaml:2:8: `admin.port` must not be that of `server`, 8080"},
        RefusalCase{with_server("port: 9090"),
                    "f.yaml:2:3: `admin.port` must not be that of `server`, 9090"},
        RefusalCase{with_admin("tokn: t"),
                    "f.yaml:2:10: `tokn` is not a key of the admin block; did you mean "
                    "`token`?"}));

INSTANTIATE_TEST_SUITE_P(
    Cache, RefusalTest,
    ::testing::Values(
        RefusalCase{std::string(kBucket) + "\ncache: { memory: { max_size: 100KiB } }\n",
                    "f.yaml:5:30: `cache.memory.max_size` must be 0 or a size from 1MiB to 64TiB"},
        RefusalCase{std::string(kBucket) +
                        "\ncache: { memory: { max_size: 4MiB, max_object_size: 5MiB } }\n",
                    "f.yaml:5:53: `cache.memory.max_object_size` must not be larger than "
                    "`max_size`"},
        RefusalCase{std::string(kBucket) + "\ncache: { default_ttl: soon }\n",
                    "f.yaml:5:23: `cache.default_ttl` must be a duration such as 30s, or a number "
                    "of seconds, up to 36500d"},
        RefusalCase{with_bucket_key("cache: { enabled: perhaps }"),
                    "f.yaml:5:23: `buckets[0].cache.enabled` must be `true` or `false`"}));

INSTANTIATE_TEST_SUITE_P(
    UnknownKeys, RefusalTest,
    ::testing::Values(
        RefusalCase{
            with_bucket_key("path_prefx: /a"),
            "f.yaml:5:5: `path_prefx` is not a key of a bucket; did you mean `path_prefix`?"},
        RefusalCase{
            with_bucket_key("rate_limits: { burst: 1 }"),
            "f.yaml:5:5: `rate_limits` is not a key of a bucket; did you mean `rate_limit`?"},
        RefusalCase{with_server("quic: true"),
                    "f.yaml:2:3: `quic` is not a key of the server block"},
        RefusalCase{std::string(kBucket) + "\nreload: {}\n",
                    "f.yaml:5:1: `reload` is not a key of the configuration"},
        RefusalCase{with_bucket_key("cache: { max_size: 1MiB }"),
                    "f.yaml:5:14: `max_size` is not a key of a bucket's cache block"},
        RefusalCase{with_server("timeouts: { iddle: 3s }"),
                    "f.yaml:2:15: `iddle` is not a key of server.timeouts; did you mean `idle`?"}));

INSTANTIATE_TEST_SUITE_P(
    Values, RefusalTest,
    ::testing::Values(
        RefusalCase{with_server("port: 65536"),
                    "f.yaml:2:9: `server.port` must be a number from 0 to 65535"},
        RefusalCase{with_server("port: -1"),
                    "f.yaml:2:9: `server.port` must be a number from 0 to 65535"},
        RefusalCase{with_server("port:"), "f.yaml:2:3: `server.port` must be a number"},
        RefusalCase{with_server("threads: 1025"),
                    "f.yaml:2:12: `server.threads` must be a number from 0 to 1024"},
        RefusalCase{
            with_server("address: localhost"),
            "f.yaml:2:12: `server.address` must be an IPv4 or IPv6 address; `localhost` is none"},
        RefusalCase{with_server("health_endpoints: yes"),
                    "f.yaml:2:21: `server.health_endpoints` must be `true` or `false`"},
        RefusalCase{with_server("max_connections: 0"),
                    "f.yaml:2:20: `server.max_connections` must be at least 1"},
        RefusalCase{with_server("limits: { header_size: 10 }"),
                    "f.yaml:2:26: `server.limits.header_size` must be from 1KiB to 1MiB"},
        RefusalCase{with_server("limits: { header_size: 1 KiB }"),
                    "f.yaml:2:26: `server.limits.header_size` must be a size such as 64KiB, or a "
                    "number of bytes"},
        RefusalCase{with_server("timeouts: { header: 1y }"),
                    "f.yaml:2:23: `server.timeouts.header` must be a duration such as 30s, or a "
                    "number of seconds, up to 36500d"},
        RefusalCase{with_server("trusted_proxies: [10.0.0.1/8]"),
                    "f.yaml:2:21: `server.trusted_proxies[0]` must be an address or a block of "
                    "addresses such as "
                    "10.0.0.0/8"},
        RefusalCase{
            "logging: { level: loud }\n" + std::string(kBucket),
            "f.yaml:1:19: `logging.level` must be one of `debug`, `info`, `warn`, `error`"}));

INSTANTIATE_TEST_SUITE_P(
    Buckets, RefusalTest,
    ::testing::Values(
        RefusalCase{with_prefix("\"\""),
                    "f.yaml:3:18: `buckets[0].path_prefix` must be a path; it is empty"},
        RefusalCase{
            with_prefix("files"),
            "f.yaml:3:18: `buckets[0].path_prefix` must be a path that starts with a slash"},
        RefusalCase{with_prefix("/a/../b"),
                    "f.yaml:3:18: `buckets[0].path_prefix` must be a path without `.` and `..` "
                    "segments: no "
                    "request ever matches one"},
        RefusalCase{"buckets:\n  - path_prefix: /a\n    s3: { bucket: b, region: r }\n",
                    "f.yaml:2:5: `name` is missing from a bucket"},
        RefusalCase{"buckets:\n  - name: a\n    path_prefix: /a\n",
                    "f.yaml:2:5: `s3` is missing from a bucket"},
        RefusalCase{
            std::string(kBucket) +
                "\n  - name: other\n    path_prefix: //files/\n    s3: { bucket: b, region: r }\n",
            "f.yaml:6:18: `path_prefix` `/files` is used by two buckets; the first is in line 3"},
        RefusalCase{
            std::string(kBucket) +
                "\n  - name: files\n    path_prefix: /other\n    s3: { bucket: b, region: r }\n",
            "f.yaml:5:11: `name` `files` is used by two buckets; the first is in line 2"},
        RefusalCase{with_bucket_key("error_responses: none"),
                    "f.yaml:5:22: `buckets[0].error_responses` must be one of `proxy`, `origin`"},
        RefusalCase{with_bucket_key("forward_request_headers: [Cookie]"),
                    "f.yaml:5:30: `buckets[0].forward_request_headers` must be headers that may "
                    "reach the store; "
                    "`Cookie` never does"},
        RefusalCase{with_bucket_key("forward_request_headers: [X-Amz-Acl]"),
                    "f.yaml:5:30: `buckets[0].forward_request_headers` must be headers that may "
                    "reach the store; "
                    "`X-Amz-Acl` never does"},
        RefusalCase{with_bucket_key("response_headers: { set: { Content-Length: 1 } }"),
                    "f.yaml:5:30: `buckets[0].response_headers.set` must be headers that do not "
                    "frame the message; "
                    "`Content-Length` does"},
        RefusalCase{with_bucket_key("response_headers: { set: { A: \"b\\r\\nC: d\" } }"),
                    "f.yaml:5:30: `buckets[0].response_headers.set` must be header names and "
                    "values; the value of "
                    "`A` holds a control character"},
        RefusalCase{
            with_bucket_key("pass_response_headers: [\"*\", A]"),
            "f.yaml:5:28: `buckets[0].pass_response_headers` must be either names or one \"*\""},
        RefusalCase{with_bucket_key("cors: { allow_origins: [app.example] }"),
                    "f.yaml:5:28: `buckets[0].cors.allow_origins` must be origins such as "
                    "https://app.example, or "
                    "one \"*\"; `app.example` is none"},
        RefusalCase{with_bucket_key("cors: {}"),
                    "f.yaml:5:11: `allow_origins` is missing from a cors block"},
        RefusalCase{with_bucket_key("allowed_query: [versionId, X-Amz-Signature]"),
                    "f.yaml:5:20: `buckets[0].allowed_query` must be parameters of GetObject that "
                    "sign nothing; `X-Amz-Signature` is none"},
        RefusalCase{with_bucket_key("allowed_query: [acl]"),
                    "f.yaml:5:20: `buckets[0].allowed_query` must be parameters of GetObject that "
                    "sign nothing; `acl` is none"},
        RefusalCase{with_bucket_key("allowed_query: [a, a]"),
                    "f.yaml:5:20: `buckets[0].allowed_query` must be names of query parameters; "
                    "`a` is there "
                    "twice"}));

INSTANTIATE_TEST_SUITE_P(
    S3, RefusalTest,
    ::testing::Values(
        RefusalCase{with_s3("{ bucket: \"\", region: r }"),
                    "f.yaml:4:19: `buckets[0].s3.bucket` must be a text that is not empty"},
        RefusalCase{with_s3("{ region: us-east-1 }"),
                    "f.yaml:4:9: `bucket` is missing from an s3 block"},
        RefusalCase{with_s3("{ bucket: b }"),
                    "f.yaml:4:9: `buckets[0].s3` needs a `region` or an `endpoint`"},
        RefusalCase{with_s3("{ bucket: b, region: r, access_key: AK }"),
                    "f.yaml:4:45: `buckets[0].s3` has an `access_key` without a `secret_key`"},
        RefusalCase{with_s3("{ bucket: b, region: r, secret_key: SK }"),
                    "f.yaml:4:45: `buckets[0].s3` has a `secret_key` without an `access_key`"},
        RefusalCase{with_s3("{ bucket: b, region: r, session_token: T }"),
                    "f.yaml:4:48: `buckets[0].s3` has a `session_token` without an `access_key`"},
        RefusalCase{with_s3("{ bucket: b, region: r, key_prefix: /a }"),
                    "f.yaml:4:45: `buckets[0].s3.key_prefix` must be the beginning of a key: "
                    "without a leading "
                    "slash and without NUL"},
        RefusalCase{with_s3("{ bucket: b, region: r, tls: { ca_file: /does/not/exist } }"),
                    "f.yaml:4:49: `buckets[0].s3.tls.ca_file` must be a file that can be read; "
                    "`/does/not/exist` "
                    "is none"},
        RefusalCase{with_s3("{ bucket: b, region: r, timeouts: { stall: 0 } }"),
                    "f.yaml:4:52: `buckets[0].s3.timeouts.stall` must be more than 0: without it a "
                    "peer that says "
                    "nothing would be waited for without end"},
        RefusalCase{with_s3("{ bucket: b, region: r, retry: { max_attempts: 0 } }"),
                    "f.yaml:4:56: `buckets[0].s3.retry.max_attempts` must be a number from 1 to "
                    "10"},
        RefusalCase{with_s3("{ bucket: b, region: r, retry: { max_attempts: 11 } }"),
                    "f.yaml:4:56: `buckets[0].s3.retry.max_attempts` must be a number from 1 to "
                    "10"},
        RefusalCase{with_s3("{ bucket: b, region: r, retry: { budget: 101 } }"),
                    "f.yaml:4:50: `buckets[0].s3.retry.budget` must be a number from 0 to 100"},
        RefusalCase{with_s3("{ bucket: b, region: r, retry: { max_backoff: 61s } }"),
                    "f.yaml:4:55: `buckets[0].s3.retry.max_backoff` must be at most 1m: a client "
                    "waits meanwhile"},
        RefusalCase{with_s3("{ bucket: b, region: r, retry: { initial_backoff: 2s } }"),
                    "f.yaml:4:59: `buckets[0].s3.retry` has an `initial_backoff` above "
                    "`max_backoff`"},
        RefusalCase{with_s3("{ bucket: b, region: r, retry: { max_backoff: 10ms } }"),
                    "f.yaml:4:40: `buckets[0].s3.retry` has an `initial_backoff` above "
                    "`max_backoff`"},
        RefusalCase{with_s3("{ bucket: b, region: r, retry: { attempts: 1 } }"),
                    "f.yaml:4:42: `attempts` is not a key of s3.retry"},
        RefusalCase{with_s3("{ bucket: b, region: r, circuit_breaker: { failure_threshold: 0 } }"),
                    "f.yaml:4:71: `buckets[0].s3.circuit_breaker.failure_threshold` must be at "
                    "least 1"},
        RefusalCase{with_s3("{ bucket: b, region: r, circuit_breaker: { success_threshold: 0 } }"),
                    "f.yaml:4:71: `buckets[0].s3.circuit_breaker.success_threshold` must be at "
                    "least 1"},
        RefusalCase{with_s3("{ bucket: b, region: r, circuit_breaker: { cooldown: 0 } }"),
                    "f.yaml:4:62: `buckets[0].s3.circuit_breaker.cooldown` must be more than 0"},
        RefusalCase{with_s3("{ bucket: b, region: r, circuit_breaker: { half_open_requests: 0 } }"),
                    "f.yaml:4:72: `buckets[0].s3.circuit_breaker.half_open_requests` must be at "
                    "least 1"}));

TEST(RefusalsTest, AnEndpointThatIsNoUrlIsRefusedWhereItStands) {
  const auto problems = problems_of(with_s3("{ bucket: b, endpoint: \"ftp://x\" }"));

  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_THAT(problems[0],
              HasSubstr("f.yaml:4:32: `buckets[0].s3`: endpoint 'ftp://x' is not of the form"));
}

TEST(RefusalsTest, AllProblemsAreToldTogetherInTheirOrder) {
  const auto problems =
      problems_of("servr: {}\nserver: { port: x, threads: y }\nbuckets:\n  - nam: a\n");

  EXPECT_THAT(problems, SizeIs(7));
  EXPECT_TRUE(std::ranges::is_sorted(problems));
}

TEST(RefusalsTest, MalformedYamlIsToldWithItsPlace) {
  const auto problems = problems_of("server: { port: 1\nbuckets: []\n");

  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_THAT(problems[0], HasSubstr("malformed YAML"));
}

TEST(RefusalsTest, TextBehindTheDocumentIsRefused) {
  for (const char* text : {"  b: c\n, d\n", "a: b\n]\n", "a: b\n}\n", "[a], b\n"}) {
    EXPECT_FALSE(problems_of(text).empty()) << text;
  }
}

TEST(RefusalsTest, BombsOfAliasesAndNestingAreRefused) {
  std::string aliases = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
  for (char name = 'b'; name < 'k'; ++name) {
    aliases += std::string(1, name) + ": &" + name + " [";
    for (int i = 0; i < 10; ++i) aliases += std::string("*") + static_cast<char>(name - 1) + ",";
    aliases += "]\n";
  }
  EXPECT_THAT(problems_of(aliases)[0], HasSubstr("nested too deeply or too large"));
  EXPECT_THAT(problems_of("a: " + std::string(100, '[') + std::string(100, ']'))[0],
              HasSubstr("nested too deeply or too large"));
}

TEST(SecretsInProblemsTest, WhatAVariableHoldsIsNeverShown) {
  const auto problems = problems_of(
      "server: { address: \"${HUSH}\" }\n"
      "buckets:\n  - name: a\n    path_prefix: /a\n"
      "    s3: { bucket: b, region: \"x-${HUSH}\", access_key: A, secret_key: \"abc${d-e f\" }\n"
      "    cors: { allow_origins: [\"${HUSH}\"] }\n"
      "    forward_request_headers: [\"${HUSH} x\"]\n",
      {{"HUSH", "so very/secret"}});
  ASSERT_GE(problems.size(), 4U);
  for (const std::string& problem : problems) {
    EXPECT_THAT(problem, Not(HasSubstr("very")));
    EXPECT_THAT(problem, Not(HasSubstr("d-e f")));
  }
  EXPECT_THAT(problems.front(), HasSubstr("`${HUSH}` is none"));
}

}  // namespace
}  // namespace yatagarasu::config
