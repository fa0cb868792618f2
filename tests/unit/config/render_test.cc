#include "config/render.h"

#include "config/key.h"
#include "unit/config/load_text.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace yatagarasu::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string read(const std::string& path) {
  std::ifstream stream(std::string(YATAGARASU_SOURCE_DIR) + "/" + path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(ReferenceTest, TheCommittedPageIsTheRenderedOne) {
  EXPECT_EQ(read("docs/configuration.md"), render_reference())
      << "run: build/release/yatagarasu schema --reference > docs/configuration.md";
}

TEST(ExamplesTest, LoadWithAnEmptyEnvironment) {
  EXPECT_TRUE(load(read("config/minimal.yaml")));
  EXPECT_TRUE(load(read("config/example.yaml")));
}

void expect_named(const Block& block, const std::string& text) {
  for (const Key& key : block.keys) {
    EXPECT_THAT(text, HasSubstr(std::string(key.name) + ":"));
    if (key.block != nullptr) expect_named(*key.block, text);
  }
}

TEST(ExamplesTest, TheFullExampleNamesEveryKey) {
  expect_named(root_block(), read("config/example.yaml"));
}

TEST(SchemaTest, IsJsonThatKnowsEveryKeyAndRefusesOthers) {
  const auto schema = boost::json::parse(render_schema()).as_object();

  EXPECT_EQ(schema.at("additionalProperties"), false);
  EXPECT_EQ(schema.at("properties").at("server").at("properties").at("port").at("default"), 8080);
  EXPECT_EQ(schema.at("properties").at("buckets").at("items").at("required").as_array().size(), 3U);
  EXPECT_EQ(schema.at("properties").at("buckets").at("items").at("additionalProperties"), false);
}

TEST(RedactedTest, HidesSecretsAndCanBeLoadedAgain) {
  const auto snapshot = load(
      "buckets:\n  - name: a\n    path_prefix: /a\n    s3: { bucket: b, region: r, access_key: "
      "AKID, secret_key: "
      "hush, session_token: token }\n    cors: { allow_origins: [\"*\"] }\n");
  ASSERT_TRUE(snapshot);

  const std::string shown = render_redacted(*snapshot);

  EXPECT_THAT(shown, Not(HasSubstr("hush")));
  EXPECT_THAT(shown, Not(HasSubstr("AKID")));
  EXPECT_THAT(shown, Not(HasSubstr("token: token")));
  EXPECT_THAT(shown, HasSubstr("***"));
  EXPECT_TRUE(load(shown));
}

TEST(RedactedTest, HidesTheAdminToken) {
  const auto snapshot = load(std::string("admin: { token: letmein }\n") + kBucket + "\n");
  ASSERT_TRUE(snapshot);

  const std::string shown = render_redacted(*snapshot);

  EXPECT_THAT(shown, Not(HasSubstr("letmein")));
  EXPECT_THAT(shown, HasSubstr("token: \"***\""));
}

}  // namespace
}  // namespace yatagarasu::config
