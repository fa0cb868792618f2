#include "config/scalar.h"
#include "unit/config/load_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <limits>
#include <string>
#include <unistd.h>

namespace yatagarasu::config {
namespace {

using std::chrono_literals::operator""ms;
using ::testing::ElementsAre;

TEST(ValuesTest, AMinimalFileHasEveryDefault) {
  const auto snapshot = load(kBucket);

  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->server.port, 8080);
  EXPECT_EQ(snapshot->server.limits.header_size, core::kib(32));
  EXPECT_EQ(snapshot->server.timeouts.idle, 75'000ms);
  ASSERT_EQ(snapshot->buckets.size(), 1U);
  EXPECT_EQ(snapshot->buckets[0].name, "files");
  EXPECT_EQ(snapshot->buckets[0].path_prefix, "/files");
  EXPECT_EQ(snapshot->buckets[0].s3.bucket, "inner");
  EXPECT_EQ(snapshot->buckets[0].s3.timeouts.connect, 3'000ms);
  EXPECT_FALSE(snapshot->buckets[0].cors);
}

TEST(S3ValuesTest, RetriesAndTheCircuitBreakerHaveTheirDefaults) {
  const auto snapshot = load(kBucket);

  ASSERT_TRUE(snapshot);
  const s3::Options& s3 = snapshot->buckets[0].s3;
  EXPECT_EQ(s3.retry.max_attempts, 3U);
  EXPECT_EQ(s3.retry.initial_backoff, 50ms);
  EXPECT_EQ(s3.retry.max_backoff, 1'000ms);
  EXPECT_EQ(s3.retry.budget_percent, 20U);
  EXPECT_EQ(s3.circuit_breaker.failure_threshold, 5U);
  EXPECT_EQ(s3.circuit_breaker.success_threshold, 2U);
  EXPECT_EQ(s3.circuit_breaker.cooldown, 10'000ms);
  EXPECT_EQ(s3.circuit_breaker.half_open_requests, 3U);
}

TEST(S3ValuesTest, RetriesAndTheCircuitBreakerAreReadAndShown) {
  const auto snapshot = load(
      "buckets:\n  - name: files\n    path_prefix: /files\n    s3:\n      bucket: inner\n"
      "      region: us-east-1\n"
      "      retry: { max_attempts: 4, initial_backoff: 60ms, max_backoff: 2s, budget: 30 }\n"
      "      circuit_breaker: { failure_threshold: 6, success_threshold: 3, cooldown: 20s, "
      "half_open_requests: 7 }\n");

  ASSERT_TRUE(snapshot);
  const s3::Options& s3 = snapshot->buckets[0].s3;
  EXPECT_EQ(s3.retry.max_attempts, 4U);
  EXPECT_EQ(s3.retry.initial_backoff, 60ms);
  EXPECT_EQ(s3.retry.max_backoff, 2'000ms);
  EXPECT_EQ(s3.retry.budget_percent, 30U);
  EXPECT_EQ(s3.circuit_breaker.failure_threshold, 6U);
  EXPECT_EQ(s3.circuit_breaker.success_threshold, 3U);
  EXPECT_EQ(s3.circuit_breaker.cooldown, 20'000ms);
  EXPECT_EQ(s3.circuit_breaker.half_open_requests, 7U);
}

TEST(AdminValuesTest, ItIsOnLoopbackWithoutATokenUnlessItIsToldOtherwise) {
  const auto snapshot = load(kBucket);

  ASSERT_TRUE(snapshot);
  EXPECT_TRUE(snapshot->admin.enabled);
  EXPECT_EQ(snapshot->admin.address, "127.0.0.1");
  EXPECT_EQ(snapshot->admin.port, 9090);
  EXPECT_TRUE(snapshot->admin.token.empty());
}

struct AdminCase {
  const char* server;
  const char* admin;
};

class AllowedAdminTest : public ::testing::TestWithParam<AdminCase> {};

TEST_P(AllowedAdminTest, Loads) {
  const auto [server, admin] = GetParam();

  EXPECT_TRUE(load(std::string("server: ") + server + "\nadmin: " + admin + "\n" + kBucket + "\n"));
}

INSTANTIATE_TEST_SUITE_P(
    Table, AllowedAdminTest,
    ::testing::Values(AdminCase{"{}", "{ address: 0.0.0.0, token: t }"},
                      AdminCase{"{}", "{ address: '::1' }"},
                      AdminCase{"{}", "{ address: 127.8.9.1 }"},
                      // Nothing listens there.
                      AdminCase{"{}", "{ address: 0.0.0.0, enabled: false }"},
                      AdminCase{"{ port: 9090 }", "{ enabled: false }"},
                      // The one port of two addresses, and a free one for each.
                      AdminCase{"{ address: 10.0.0.1, port: 9090 }", "{ port: 9090 }"},
                      AdminCase{"{ port: 0 }", "{ port: 0 }"}));

TEST(CacheValuesTest, ABucketHasTheRootsRulesWhereItGivesNoneOfItsOwn) {
  const auto snapshot = load(
      "cache: { memory: { max_size: 32MiB, max_object_size: 2MiB }, default_ttl: 1m, "
      "stale_if_error: 2m }\n" +
      std::string(kBucket) + "\n    cache: { default_ttl: 5s, max_object_size: 3MiB }\n");

  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->cache.max_size, core::mib(32));
  ASSERT_TRUE(snapshot->buckets[0].cache);
  const proxy::CacheOptions& rules = *snapshot->buckets[0].cache;
  EXPECT_EQ(rules.max_object_size, core::mib(3));
  EXPECT_EQ(rules.default_ttl, 5'000ms);
  EXPECT_EQ(rules.stale_if_error, 120'000ms);
  EXPECT_EQ(rules.stale_while_revalidate, 0ms);
}

TEST(CacheValuesTest, BucketsAreCachedUnlessTheyOrTheRootSayNo) {
  const std::string bucket = kBucket;
  const auto by_default = load(bucket);
  const auto refused = load(bucket + "\n    cache: { enabled: false }\n");
  const auto without = load("cache: { memory: { max_size: 0 } }\n" + bucket);
  const auto in_vain =
      load("cache: { memory: { max_size: 0 } }\n" + bucket + "\n    cache: { enabled: true }\n");

  EXPECT_TRUE(by_default.value().buckets[0].cache);
  EXPECT_FALSE(refused.value().buckets[0].cache);
  EXPECT_FALSE(without.value().buckets[0].cache);
  EXPECT_FALSE(in_vain.value().buckets[0].cache);
  ASSERT_EQ(in_vain.value().warnings.size(), 1U);
  EXPECT_EQ(in_vain.value().warnings[0].format(),
            "f.yaml:6:12: bucket `files` is not cached: `cache.memory.max_size` is 0");
}

struct PrefixCase {
  const char* text;
  const char* prefix;
};

class PrefixTest : public ::testing::TestWithParam<PrefixCase> {};

TEST_P(PrefixTest, IsNormalised) {
  const auto snapshot = load(std::string("buckets:\n  - name: a\n    path_prefix: ") +
                             GetParam().text + "\n    s3: { bucket: b, region: r }\n");

  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->buckets[0].path_prefix, GetParam().prefix);
}

INSTANTIATE_TEST_SUITE_P(Table, PrefixTest,
                         ::testing::Values(PrefixCase{"/", "/"}, PrefixCase{"//", "/"},
                                           PrefixCase{"/a/", "/a"}, PrefixCase{"//a///b//", "/a/b"},
                                           PrefixCase{"/a%20b", "/a%20b"}, PrefixCase{"/ü", "/ü"},
                                           PrefixCase{"/...", "/..."}));

TEST(SubstitutionTest, VariablesDefaultsAndLiteralsAreToldApart) {
  const auto snapshot =
      load("server: { port: \"${PORT}\" }\nlogging: { output: \"${DIR:-/var}/$${x}.log\" }\n" +
               std::string(kBucket),
           {{"PORT", "1234"}});

  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->server.port, 1234);
  EXPECT_EQ(snapshot->logging.output, "/var/${x}.log");
}

TEST(SubstitutionTest, AValueNeverChangesTheDocument) {
  const auto snapshot = load("logging: { output: \"${OUT}\" }\n" + std::string(kBucket),
                             {{"OUT", "x\nserver: { port: 1 }\n${HOME}"}});

  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->logging.output, "x\nserver: { port: 1 }\n${HOME}");
  EXPECT_EQ(snapshot->server.port, 8080);
}

TEST(SubstitutionTest, CommentsAreLeftAlone) {
  EXPECT_TRUE(load("# ${NOPE}\n" + std::string(kBucket)));
}

TEST(SubstitutionTest, WhatIsMissingIsNamedWithItsKey) {
  EXPECT_THAT(
      problems_of("server: { port: \"${PORT}\" }\n" + std::string(kBucket)),
      ElementsAre("f.yaml:1:17: `server.port`: the environment variable `PORT` is not set"));
  EXPECT_THAT(problems_of("server: { port: \"${\" }\n" + std::string(kBucket)),
              ElementsAre("f.yaml:1:17: `server.port`: `${` without its `}`"));
  EXPECT_THAT(problems_of("server: { port: \"${a b}\" }\n" + std::string(kBucket)),
              ElementsAre("f.yaml:1:17: `server.port`: `${` without the name of a variable; a "
                          "literal one is written `$${`"));
  EXPECT_THAT(
      problems_of("server: { port: \"${file:/does/not/exist}\" }\n" + std::string(kBucket)),
      ElementsAre(
          "f.yaml:1:17: `server.port`: the file `/does/not/exist` does not exist or is no file"));
}

TEST(SubstitutionTest, AFilesBytesAreTakenWithoutItsTrailingNewline) {
  const std::string path = ::testing::TempDir() + "yatagarasu-secret-" + std::to_string(::getpid());
  std::ofstream(path, std::ios::binary) << "s\xff\n";

  const auto snapshot = load(
      "buckets:\n  - name: a\n    path_prefix: /a\n    s3: { bucket: b, region: r, access_key: "
      "k, secret_key: \"${file:" +
      path + "}\" }\n");
  std::remove(path.c_str());

  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->buckets[0].s3.secret_key.reveal(), "s\xff");
}

TEST(SubstitutionTest, ASecretIsNeverInAMessage) {
  const std::string text =
      "buckets:\n  - name: a\n    path_prefix: /a\n    s3: { bucket: b, region: r, access_key: "
      "[\"${S}\"], "
      "secret_key: { x: \"${S}\" }, session_token: \"${S}\" }\n";

  for (const std::string& problem : problems_of(text, {{"S", "hush-hush"}})) {
    EXPECT_EQ(problem.find("hush-hush"), std::string::npos) << problem;
  }
}

TEST(ScalarTest, SizesHaveUnitsAndBounds) {
  EXPECT_EQ(parse_size("0"), core::ByteCount{0});
  EXPECT_EQ(parse_size("512"), core::ByteCount{512});
  EXPECT_EQ(parse_size("64KiB"), core::kib(64));
  EXPECT_EQ(parse_size("3GB"), core::ByteCount{3'000'000'000});
  for (const char* text : {"", "KiB", "1kib", "1 KiB", "-1", "1.5MiB", "9223372036854775808",
                           "9007199254740993KiB", "18446744073709551616"}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
}

TEST(ScalarTest, DurationsHaveUnitsAndBounds) {
  EXPECT_EQ(parse_duration("50ms"), 50ms);
  EXPECT_EQ(parse_duration("3"), 3'000ms);
  EXPECT_EQ(parse_duration("2m"), 120'000ms);
  EXPECT_EQ(parse_duration("1d"), 86'400'000ms);
  EXPECT_EQ(parse_duration("36500d"), 36'500 * 86'400'000ms);
  for (const char* text : {"", "s", "1w", "-1s", "1.5s", "1 s", "36501d", "106751991168d"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(ScalarTest, WhatIsShownIsReadAsTheSame) {
  for (const std::uint64_t bytes : {0ULL, 1ULL, 1000ULL, 1024ULL, 1536ULL, 1ULL << 30U}) {
    EXPECT_EQ(parse_size(format_size({bytes})), core::ByteCount{bytes});
  }
  for (const auto duration : {0ms, 1ms, 1'500ms, 60'000ms, 90'000ms, 86'400'000ms}) {
    EXPECT_EQ(parse_duration(format_duration(duration)), duration);
  }
}

}  // namespace
}  // namespace yatagarasu::config
