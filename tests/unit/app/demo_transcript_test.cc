#include "app/demo_transcript.h"

#include "app/demo_origin.h"
#include "app/demo_sample.h"
#include "app/loopback_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>

namespace yatagarasu::app {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

class DemoTest : public ::testing::Test {
 protected:
  DemoTest() {
    std::string pattern = (fs::temp_directory_path() / "demo-test-XXXXXX").string();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  ~DemoTest() override { fs::remove_all(directory_); }

  void write(const std::string& name, std::string_view bytes) {
    std::ofstream(directory_ / name, std::ios::binary) << bytes;
  }
  DemoObjects chosen() {
    return choose_objects(devs3::DirectoryStore::open(directory_.string()).value()).value();
  }
  // What `print` writes.
  template <class Print>
  static std::string printed(Print print) {
    char* text = nullptr;
    std::size_t size = 0;
    std::FILE* const out = ::open_memstream(&text, &size);
    print(out);
    std::fclose(out);
    const std::unique_ptr<char, decltype(&std::free)> owned(text, &std::free);
    return {text, size};
  }

  fs::path directory_;
};

TEST_F(DemoTest, AShortTextIsShownAndTheLargestFileIsTakenApart) {
  write("a.bin", std::string(100, 'x'));
  write("b.txt", "text");
  write("c.bin", std::string(200, 'x'));
  write("d.txt", std::string(100'000, 'x'));

  const DemoObjects objects = chosen();

  EXPECT_EQ(objects.shown, "b.txt");
  EXPECT_EQ(objects.large, "d.txt");
  EXPECT_EQ(objects.large_size, 100'000U);
  EXPECT_FALSE(objects.has_index);
}

TEST_F(DemoTest, WithoutTextTheFirstFileIsShown) {
  write("b.bin", "");
  write("a.bin", "");

  EXPECT_EQ(chosen().shown, "a.bin");
}

TEST_F(DemoTest, AnEmptyDirectoryHasNothingToShow) {
  EXPECT_TRUE(chosen().empty());
}

TEST_F(DemoTest, AWrongAnswerIsPointedOut) {
  write("a.txt", "text");
  const auto origin = DemoOrigin::start(directory_.string()).value();
  // The origin in the proxy's place: it refuses what is not signed.
  const DemoPlaces places{.proxy_port = origin->port(),
                          .path_prefix = "/" + origin->bucket(),
                          .private_prefix = "/private",
                          .token = "good",
                          .expired_token = "late",
                          .origin_port = origin->port(),
                          .bucket = origin->bucket()};

  bool is_right = true;
  const std::string text =
      printed([&](std::FILE* out) { is_right = show_requests(out, places, chosen()); });

  EXPECT_FALSE(is_right);
  EXPECT_THAT(text, HasSubstr("< 403 Forbidden"));
  EXPECT_THAT(text, HasSubstr("This should have been 200."));
}

TEST_F(DemoTest, TheHintsNameUrlsThatCanBePasted) {
  write("a b.txt", "text");
  write("index.html", "<p>");

  const std::string text = printed([&](std::FILE* out) {
    show_hints(out,
               {.proxy_port = 8080,
                .path_prefix = "/demo",
                .private_prefix = "/private",
                .token = "good",
                .expired_token = "late",
                .origin_port = 1,
                .bucket = "b"},
               chosen());
  });

  EXPECT_THAT(text, HasSubstr("curl -i http://127.0.0.1:8080/demo/a%20b.txt\n"));
  EXPECT_THAT(text, HasSubstr("http://127.0.0.1:8080/demo/ in a browser"));
  EXPECT_THAT(text, HasSubstr("-H 'Authorization: Bearer good' "
                              "http://127.0.0.1:8080/private/a%20b.txt\n"));
  EXPECT_THAT(text, HasSubstr("Bearer late"));
}

TEST_F(DemoTest, TheOriginRefusesWhatIsNotSigned) {
  write("a.txt", "text");
  const auto origin = DemoOrigin::start(directory_.string()).value();

  const auto answer = fetch_from_loopback(
      {.port = origin->port(), .target = "/" + origin->bucket() + "/a.txt", .fields = {}});

  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 403);
  EXPECT_EQ(answer->get("content-type"), "application/xml");
  EXPECT_THAT(answer->body_start, HasSubstr("AccessDenied"));
  EXPECT_EQ(answer->body_bytes, answer->body_start.size());
}

TEST_F(DemoTest, EveryStartHasCredentialsOfItsOwn) {
  const auto one = DemoOrigin::start(directory_.string()).value();
  const auto other = DemoOrigin::start(directory_.string()).value();

  EXPECT_NE(one->client_options().secret_key, other->client_options().secret_key);
  EXPECT_NE(one->client_options().access_key, other->client_options().access_key);
}

TEST_F(DemoTest, AMissingDirectoryCannotBeServed) {
  const auto origin = DemoOrigin::start((directory_ / "missing").string());

  ASSERT_FALSE(origin.has_value());
  EXPECT_EQ(origin.error().code, core::ErrorCode::kSystem);
}

}  // namespace
}  // namespace yatagarasu::app
