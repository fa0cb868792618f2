#include "config/changes.h"

#include "load_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace yatagarasu::config {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string bucket(const std::string& name, const std::string& s3 = "") {
  return "  - {name: " + name + ", path_prefix: /" + name + ", s3: {bucket: b, region: r" + s3 +
         "}}\n";
}

std::vector<std::string> changes(const std::string& before, const std::string& after) {
  return compare(load(before).value(), load(after).value()).described;
}

TEST(ChangesTest, NothingIsNothing) {
  const std::string same = "buckets:\n" + bucket("a", ", access_key: k, secret_key: s");

  EXPECT_THAT(changes(same, same), IsEmpty());
}

TEST(ChangesTest, KeysAreNamedByTheirPath) {
  EXPECT_THAT(changes("buckets:\n" + bucket("a"),
                      "server: {limits: {uri_length: 2KiB}, timeouts: {idle: 1s}}\n"
                      "logging: {level: debug}\nbuckets:\n" +
                          bucket("a")),
              ElementsAre("server.limits.uri_length", "server.timeouts.idle", "logging.level"));
}

TEST(ChangesTest, BucketsAreComparedByTheirName) {
  EXPECT_THAT(changes("buckets:\n" + bucket("a") + bucket("b"),
                      "buckets:\n" + bucket("c") + bucket("b", ", key_prefix: x/")),
              ElementsAre("bucket `a` removed", "bucket `b`: s3.key_prefix", "bucket `c` added"));
}

TEST(ChangesTest, TheOrderOfBucketsIsNoChange) {
  EXPECT_THAT(
      changes("buckets:\n" + bucket("a") + bucket("b"), "buckets:\n" + bucket("b") + bucket("a")),
      IsEmpty());
}

TEST(ChangesTest, CredentialsAreSeenToChangeAndNotShown) {
  EXPECT_THAT(changes("buckets:\n" + bucket("a", ", access_key: k, secret_key: s"),
                      "buckets:\n" + bucket("a", ", access_key: k, secret_key: t")),
              ElementsAre("bucket `a`: credentials rotated"));
}

TEST(ChangesTest, ABlockThatComesOrGoesIsOneChange) {
  const std::string with =
      "buckets:\n  - {name: a, path_prefix: /a, s3: {bucket: b, region: r}, "
      "cors: {allow_origins: [\"*\"]}}\n";

  EXPECT_THAT(changes("buckets:\n" + bucket("a"), with), ElementsAre("bucket `a`: cors"));
  EXPECT_THAT(changes(with, "buckets:\n" + bucket("a")), ElementsAre("bucket `a`: cors"));
}

TEST(ChangesTest, OtherSecretsAreSeenToChange) {
  EXPECT_THAT(changes("admin: {token: a}\nbuckets:\n" + bucket("a"),
                      "admin: {token: b}\nbuckets:\n" + bucket("a")),
              ElementsAre("admin.token"));
}

TEST(ChangesTest, WhatSocketsAndThreadsWereMadeFromNeedsARestart) {
  const Changes changes =
      compare(load("buckets:\n" + bucket("a")).value(),
              load("server: {port: 1, address: 127.0.0.1, threads: 3, max_requests: 5}\n"
                   "admin: {port: 2, address: 127.0.0.2, enabled: false}\nbuckets:\n" +
                   bucket("a"))
                  .value());

  EXPECT_THAT(changes.need_restart, ElementsAre("server.address", "server.port", "server.threads",
                                                "admin.address", "admin.port", "admin.enabled"));
}

}  // namespace
}  // namespace yatagarasu::config
