#include "proxy/header_policy.h"

#include <gtest/gtest.h>

#include <string>

namespace yatagarasu::proxy {
namespace {

class HeaderPolicyTest : public ::testing::Test {
 protected:
  http::HeaderBlock to_client() { return HeaderPolicy(bucket_).to_client(origin_); }

  BucketOptions bucket_;
  http::Fields origin_;
};

TEST_F(HeaderPolicyTest, PassesWhatDescribesTheObjectAndDropsTheRest) {
  origin_.add("content-type", "text/plain");
  origin_.add("ETag", "\"abc\"");
  origin_.add("x-amz-meta-owner", "me");
  origin_.add("x-amz-checksum-crc32", "AAAA");
  origin_.add("x-amz-request-id", "1");
  origin_.add("Server", "S3");
  origin_.add("Set-Cookie", "a=b");

  const http::HeaderBlock headers = to_client();

  EXPECT_EQ(headers.get("Content-Type"), "text/plain");
  EXPECT_EQ(headers.get("ETag"), "\"abc\"");
  EXPECT_EQ(headers.get("x-amz-meta-owner"), "me");
  EXPECT_EQ(headers.get("x-amz-checksum-crc32"), "AAAA");
  EXPECT_FALSE(headers.has("x-amz-request-id"));
  EXPECT_FALSE(headers.has("Server"));
  EXPECT_FALSE(headers.has("Set-Cookie"));
}

TEST_F(HeaderPolicyTest, SaysThatRangesAreAcceptedUnlessTheOriginSaysSomething) {
  EXPECT_EQ(to_client().get("Accept-Ranges"), "bytes");

  origin_.add("accept-ranges", "none");
  EXPECT_EQ(to_client().get("Accept-Ranges"), "none");
}

TEST_F(HeaderPolicyTest, PassesFurtherHeadersThatTheBucketNames) {
  bucket_.pass_response_headers = {"X-Custom"};
  origin_.add("x-custom", "1");
  origin_.add("x-other", "2");

  EXPECT_TRUE(to_client().has("x-custom"));
  EXPECT_FALSE(to_client().has("x-other"));
}

TEST_F(HeaderPolicyTest, AStarPassesAllButWhatIsAboutTheConnection) {
  bucket_.pass_response_headers = {"*"};
  origin_.add("x-other", "2");
  origin_.add("Connection", "close, X-Hop");
  origin_.add("X-Hop", "1");
  origin_.add("Transfer-Encoding", "chunked");
  origin_.add("Content-Length", "7");

  const http::HeaderBlock headers = to_client();

  EXPECT_TRUE(headers.has("x-other"));
  for (const char* name : {"Connection", "X-Hop", "Transfer-Encoding", "Content-Length"}) {
    EXPECT_FALSE(headers.has(name)) << name;
  }
}

TEST_F(HeaderPolicyTest, TheBucketsOwnHeadersReplaceTheOrigins) {
  bucket_.set_response_headers = {{"Cache-Control", "no-store"}};
  bucket_.remove_response_headers = {"ETag"};
  http::HeaderBlock headers;
  headers.add("cache-control", "max-age=60");
  headers.add("etag", "\"abc\"");

  HeaderPolicy(bucket_).apply_bucket_rules(headers);

  EXPECT_EQ(headers.wire(), "Cache-Control: no-store\r\n");
}

}  // namespace
}  // namespace yatagarasu::proxy
