#include "app/explain.h"

#include "config/load.h"
#include "config/snapshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace yatagarasu::app {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

config::Snapshot snapshot() {
  return config::load_text("f.yaml",
                           "buckets:\n"
                           "  - name: files\n"
                           "    path_prefix: /files\n"
                           "    s3: { bucket: inner, region: us-east-1, access_key: AK,\n"
                           "          secret_key: hidden-key, session_token: hidden-token }\n",
                           [](const std::string&) { return std::optional<std::string>(); })
      .value();
}

TEST(ExplainTest, IsATextWithoutSecrets) {
  const ExplainedUrl explained = explain_url(snapshot(), "/files/a.txt");

  EXPECT_TRUE(explained.is_served);
  EXPECT_THAT(explained.text, HasSubstr("url             https://inner.s3.us-east-1"));
  EXPECT_THAT(explained.text, HasSubstr("x-amz-security-token:***\n"));
  EXPECT_THAT(explained.text, Not(HasSubstr("hidden")));
}

TEST(ExplainTest, OnlyAUrlIsExplained) {
  for (const char* const url : {"/files/a HTTP/1.1\r\nX-Further: field\r\nX-Rest:", "/files/a\nb",
                                "/files/a b", "", "files"}) {
    const ExplainedUrl explained = explain_url(snapshot(), url);

    EXPECT_FALSE(explained.is_served) << url;
    EXPECT_THAT(explained.text, HasSubstr("answer          400")) << url;
  }
}

TEST(ExplainTest, WhatNoBucketHasIsAnswered404) {
  const ExplainedUrl explained = explain_url(snapshot(), "/elsewhere");

  EXPECT_FALSE(explained.is_served);
  EXPECT_THAT(explained.text, HasSubstr("404"));
}

}  // namespace
}  // namespace yatagarasu::app
