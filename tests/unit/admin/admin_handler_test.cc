#include "admin/admin_handler.h"

#include "admin/cache_admin.h"
#include "admin/health_board.h"
#include "admin/operations.h"
#include "admin/options.h"
#include "admin/process_state.h"
#include "admin/view.h"
#include "cache/bucket_ids.h"
#include "cache/coalescer.h"
#include "cache/key.h"
#include "cache/lead.h"
#include "cache/memory/memory_tier.h"
#include "cache/tier.h"
#include "core/byte_count.h"
#include "core/secret.h"
#include "http/message.h"
#include "io/live.h"
#include "io/loop.h"
#include "io/task.h"
#include "s3/health.h"
#include "server/handler.h"
#include "support/run.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace yatagarasu::admin {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::uint64_t kSeed = 7;
constexpr std::string_view kToken = "correct-horse";

// The cache of two buckets, photos and files; a third, live, is not cached.
class AdminHandlerTest : public ::testing::Test {
 protected:
  enum class Caching : bool { kOff, kOn };
  struct Sent {
    std::string_view method = "GET";
    std::string_view path = "/admin/cache/stats";
    std::string_view query{};
    std::string_view body{};
    std::string_view host = "127.0.0.1:9090";
    std::vector<std::pair<std::string_view, std::string_view>> fields{};
  };

  std::shared_ptr<const View> make_view(Caching caching) {
    auto view = std::make_shared<View>(View{.options = options_,
                                            .health = HealthBoard(process_, 1),
                                            .buckets = {"photos", "files", "live"}});
    view->health.add("photos", bucket_health_);
    view->configuration = [] { return std::string("buckets: []\n"); };
    view->explain = [](const std::string& url, const std::optional<std::string>& token) {
      return url + " " + token.value_or("no token") + "\n";
    };
    if (caching == Caching::kOff) return view;
    view->cache = std::make_unique<CacheAdmin>(tier_, coalescer_);
    view->cache->add(
        {.name = "photos", .space = photos_, .id = ids_.id_of("photos"), .requests = [] {
           return CacheAdmin::Requests{};
         }});
    view->cache->add({.name = "files", .space = files_, .id = ids_.id_of("files"), .requests = [] {
                        return CacheAdmin::Requests{};
                      }});
    return view;
  }
  Operations operations() {
    return {.reload = [this](io::Loop&) -> io::Task<std::optional<ReloadOutcome>> {
              co_return reload_;
            },
            .metrics = [] { return std::string("up 1\n"); },
            .status = [] { return std::string("{\"status\":\"healthy\"}\n"); }};
  }

  server::Response ask(const Sent& sent, Caching caching = Caching::kOn) {
    live_.publish(loop_, make_view(caching));
    AdminHandler handler(live_, operations());
    http::RequestHead head;
    head.method = sent.method == "GET"    ? http::Method::kGet
                  : sent.method == "HEAD" ? http::Method::kHead
                                          : http::Method::kOther;
    head.method_text = sent.method;
    head.path = sent.path;
    head.query = sent.query;
    head.host = sent.host;
    for (const auto& [name, value] : sent.fields) head.fields.add(name, value);
    const server::Request request{.head = head,
                                  .peer = {},
                                  .protocol = "HTTP/1.1",
                                  .started = {},
                                  .deadline = io::kNever,
                                  .body = sent.body};
    server::Handled handled = handler.handle(request, loop_);
    if (auto* const task = std::get_if<io::Task<server::Response>>(&handled)) {
      return support::run(loop_, std::move(*task));
    }
    return std::get<server::Response>(std::move(handled));
  }
  server::Response purge(std::string_view body, Caching caching = Caching::kOn) {
    return ask({.method = "POST", .path = "/admin/cache/purge", .body = body}, caching);
  }

  static boost::json::object json_of(const server::Response& response) {
    return boost::json::parse(std::get<std::string>(response.body)).as_object();
  }
  static std::string text_of(const server::Response& response) {
    return std::get<std::string>(response.body);
  }

  cache::KeyRef ref_to(const cache::Key& key, std::string_view bucket) {
    return {.bytes = key.bytes(), .hash = key.hash(), .bucket = ids_.id_of(bucket)};
  }
  void store(const cache::KeySpace& space, std::string_view bucket, std::string_view object,
             std::string_view query = "") {
    const cache::Key key(space, object, query);
    const auto writer = tier_.open(
        {.key = ref_to(key, bucket), .metadata = "m", .body_bytes = 4, .max_body_bytes = 1024});
    ASSERT_TRUE(writer);
    ASSERT_TRUE((*writer)->append("body"));
    ASSERT_TRUE(support::run(loop_, (*writer)->commit()));
  }
  // Asks for the object `a`. Who would have to wait for another's fetch fails.
  io::Task<void> join(std::string_view bucket, const cache::KeySpace& space,
                      std::optional<cache::Turn>& turn) {
    const cache::Key key(space, "a", "");
    const io::TimePoint deadline = io::Clock::now() + std::chrono::milliseconds(200);
    cache::Coalescer::Request request{.key = ref_to(key, bucket), .deadline = deadline};
    turn = (co_await coalescer_.join(std::move(request), loop_)).value();
  }
  bool has(const cache::KeySpace& space, std::string_view bucket, std::string_view object,
           std::string_view query = "") {
    const cache::Key key(space, object, query);
    return static_cast<bool>(tier_.peek(ref_to(key, bucket)));
  }

  io::Loop loop_{0};
  cache::BucketIds ids_;
  cache::KeySpace photos_{{.bucket = "photos", .identity = "p"}, kSeed};
  cache::KeySpace files_{{.bucket = "files", .identity = "f"}, kSeed};
  cache::MemoryTier tier_{{.max_size = core::mib(16), .threads = 1}};
  cache::Coalescer coalescer_{tier_, {}};
  s3::BucketHealth bucket_health_;
  ProcessState process_;
  io::Live<const View> live_{1};
  Options options_;
  std::optional<ReloadOutcome> reload_;
};

TEST_F(AdminHandlerTest, APurgedKeyIsGoneInAllItsQueriesAndNothingElseIs) {
  store(photos_, "photos", "a.jpg");
  store(photos_, "photos", "a.jpg", "versionId=1");
  store(photos_, "photos", "a.jpg2");
  store(files_, "files", "a.jpg");

  const server::Response response = purge(R"({"bucket":"photos","key":"a.jpg"})");

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(text_of(response), "{\"purged\":2}\n");
  EXPECT_FALSE(has(photos_, "photos", "a.jpg"));
  EXPECT_FALSE(has(photos_, "photos", "a.jpg", "versionId=1"));
  EXPECT_TRUE(has(photos_, "photos", "a.jpg2"));
  EXPECT_TRUE(has(files_, "files", "a.jpg"));
}

TEST_F(AdminHandlerTest, AllIsEverything) {
  store(photos_, "photos", "a");
  store(files_, "files", "a");

  EXPECT_EQ(text_of(purge(R"({"all":true})")), "{\"purged\":2}\n");

  EXPECT_FALSE(has(photos_, "photos", "a"));
  EXPECT_FALSE(has(files_, "files", "a"));
}

TEST_F(AdminHandlerTest, WhatIsBeingFetchedIsNotSharedWithThoseWhoAskAfterAPurge) {
  std::optional<cache::Turn> before;
  std::optional<cache::Turn> after;
  support::run(loop_, join("photos", photos_, before));
  ASSERT_TRUE(std::holds_alternative<cache::Lead>(before.value()));

  purge(R"({"bucket":"photos","key":"a"})");
  support::run(loop_, join("photos", photos_, after));

  EXPECT_TRUE(std::holds_alternative<cache::Lead>(after.value()));
}

TEST_F(AdminHandlerTest, ABucketThatIsNotConfiguredIs404) {
  const server::Response response = purge(R"({"bucket":"videos"})");

  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(json_of(response).at("error"), "not_found");
}

TEST_F(AdminHandlerTest, ABucketThatIsNotCachedHasNothingToPurge) {
  const server::Response response = purge(R"({"bucket":"live","key":"a"})");

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(text_of(response), "{\"purged\":0}\n");
}

struct PurgeCase {
  std::string_view body;
  std::string_view says;
};

class RefusedPurgeTest : public AdminHandlerTest,
                         public ::testing::WithParamInterface<PurgeCase> {};

TEST_P(RefusedPurgeTest, IsRefusedWithWhatIsWrongAndPurgesNothing) {
  store(photos_, "photos", "a");

  const server::Response response = purge(GetParam().body);

  EXPECT_EQ(response.status, 400);
  const boost::json::object error = json_of(response);
  EXPECT_EQ(error.at("error"), "bad_request");
  EXPECT_EQ(error.at("status"), 400);
  EXPECT_THAT(std::string(error.at("message").as_string()), HasSubstr(GetParam().says));
  EXPECT_TRUE(has(photos_, "photos", "a"));
}

INSTANTIATE_TEST_SUITE_P(
    Table, RefusedPurgeTest,
    ::testing::Values(PurgeCase{"", "no JSON object"},
                      PurgeCase{R"({"bucket":"live","bucket":"photos"})", "twice"},
                      PurgeCase{"{}", "names no bucket"},
                      PurgeCase{R"({"all":false})", "`all` must be true"},
                      PurgeCase{R"({"all":true,"bucket":"photos"})", "`all` stands alone"},
                      PurgeCase{R"({"bucket":"photos","key":"a","prefix":"a"})", "exclude"},
                      PurgeCase{R"({"bucket":"photos","keys":"a"})", "`keys` is not a member"}));

TEST_F(AdminHandlerTest, StatisticsCountWhatIsThereByTierAndByBucket) {
  store(photos_, "photos", "a");
  store(photos_, "photos", "b");
  const cache::Key known(photos_, "a", "");
  const cache::Key unknown(files_, "a", "");
  static_cast<void>(tier_.try_find(ref_to(known, "photos")));
  static_cast<void>(tier_.try_find(ref_to(unknown, "files")));

  const server::Response response = ask({.path = "/admin/cache/stats"});

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.get("Content-Type"), "application/json");
  EXPECT_EQ(response.headers.get("Cache-Control"), "no-store");
  const boost::json::object stats = json_of(response);
  const boost::json::object& memory = stats.at("tiers").at("memory").as_object();
  EXPECT_EQ(memory.at("objects"), 2);
  EXPECT_EQ(memory.at("hits"), 1);
  EXPECT_EQ(memory.at("misses"), 1);
  EXPECT_EQ(memory.at("evictions"), 0);
  EXPECT_EQ(memory.at("max_bytes"), 16 << 20);
  EXPECT_GT(memory.at("bytes").to_number<int>(), 0);
  const boost::json::object& buckets = stats.at("buckets").as_object();
  EXPECT_EQ(buckets.size(), 2U);  // live is not cached.
  EXPECT_EQ(buckets.at("photos").at("objects"), 2);
  EXPECT_EQ(buckets.at("photos").at("hits"), 1);
  EXPECT_EQ(buckets.at("files").at("objects"), 0);
  EXPECT_EQ(buckets.at("files").at("misses"), 1);
}

TEST_F(AdminHandlerTest, WithoutACacheThereIsNothingToPurgeOrToCount) {
  EXPECT_EQ(text_of(purge(R"({"all":true})", Caching::kOff)), "{\"purged\":0}\n");
  EXPECT_EQ(text_of(purge(R"({"bucket":"photos"})", Caching::kOff)), "{\"purged\":0}\n");
  EXPECT_EQ(purge(R"({"bucket":"videos"})", Caching::kOff).status, 404);
  EXPECT_EQ(purge("{}", Caching::kOff).status, 400);
  EXPECT_EQ(text_of(ask({}, Caching::kOff)), "{\"tiers\":{},\"buckets\":{}}\n");
}

TEST_F(AdminHandlerTest, AnUnknownPathIs404) {
  for (const std::string_view path : {"/", "/admin", "/admin/cache", "/admin/cache/purge/"}) {
    const server::Response response = ask({.path = path});
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_EQ(json_of(response).at("error"), "not_found") << path;
  }
}

TEST_F(AdminHandlerTest, AMethodThatIsNotServedIs405WithThoseThatAre) {
  const server::Response got = ask({.method = "GET", .path = "/admin/cache/purge"});
  const server::Response posted = ask({.method = "POST", .path = "/admin/cache/stats"});
  const server::Response deleted = ask({.method = "DELETE", .path = "/health"});

  EXPECT_EQ(got.status, 405);
  EXPECT_EQ(got.headers.get("Allow"), "POST");
  EXPECT_EQ(json_of(got).at("error"), "method_not_allowed");
  EXPECT_EQ(posted.status, 405);
  EXPECT_EQ(posted.headers.get("Allow"), "GET, HEAD");
  EXPECT_EQ(deleted.status, 405);
  EXPECT_EQ(deleted.headers.get("Allow"), "GET, HEAD");
}

TEST_F(AdminHandlerTest, WithATokenOnlyWhoHasItIsLetIn) {
  options_.token = core::Secret(std::string(kToken));
  const auto with = [&](std::string_view authorization) {
    return ask({.fields = {{"Authorization", authorization}}});
  };

  EXPECT_EQ(with("Bearer correct-horse").status, 200);
  EXPECT_EQ(with("bearer correct-horse").status, 200);
  for (const std::string_view wrong :
       {"", "Bearer", "Bearer ", "Bearer correct-hors", "Bearer correct-horse2",
        "Bearer Correct-horse", "Basic correct-horse", "correct-horse"}) {
    const server::Response response = with(wrong);
    EXPECT_EQ(response.status, 401) << wrong;
    EXPECT_EQ(response.headers.get("WWW-Authenticate"), "Bearer") << wrong;
    EXPECT_EQ(json_of(response).at("error"), "unauthorized") << wrong;
    EXPECT_THAT(text_of(response), Not(HasSubstr(kToken))) << wrong;
  }
}

TEST_F(AdminHandlerTest, WithoutTheTokenNothingIsPurgedAndNoPathIsToldFromAnother) {
  options_.token = core::Secret(std::string(kToken));
  store(photos_, "photos", "a");

  EXPECT_EQ(purge(R"({"all":true})").status, 401);
  EXPECT_EQ(ask({.path = "/admin/nothing"}).status, 401);
  EXPECT_EQ(ask({.method = "DELETE"}).status, 401);
  EXPECT_TRUE(has(photos_, "photos", "a"));
}

TEST_F(AdminHandlerTest, HealthNeedsNoTokenAndIsThatOfTheBoard) {
  options_.token = core::Secret(std::string(kToken));
  bucket_health_.answered();

  for (const std::string_view path : {"/health", "/health/live", "/health/ready", "/ready"}) {
    EXPECT_EQ(ask({.path = path}).status, 200) << path;
    EXPECT_EQ(ask({.method = "HEAD", .path = path}).status, 200) << path;
  }
  process_.is_shutting_down = true;
  EXPECT_EQ(ask({.path = "/ready"}).status, 503);
  EXPECT_EQ(ask({.path = "/health/live"}).status, 200);
}

TEST_F(AdminHandlerTest, WithoutATokenAWebPageIsRefused) {
  store(photos_, "photos", "a");

  const server::Response posted = ask({.method = "POST",
                                       .path = "/admin/cache/purge",
                                       .body = R"({"all":true})",
                                       .fields = {{"Origin", "https://evil.example"}}});
  const server::Response sandboxed = ask({.fields = {{"Origin", "null"}}});

  EXPECT_EQ(posted.status, 403);
  EXPECT_EQ(json_of(posted).at("error"), "forbidden");
  EXPECT_EQ(sandboxed.status, 403);
  EXPECT_TRUE(has(photos_, "photos", "a"));
}

TEST_F(AdminHandlerTest, WithoutATokenOnlyAddressesAndLocalhostAreItsHost) {
  for (const std::string_view host :
       {"127.0.0.1", "127.0.0.1:9090", "localhost", "LocalHost:9090", "[::1]", "[::1]:9090"}) {
    EXPECT_EQ(ask({.host = host}).status, 200) << host;
  }
  for (const std::string_view host :
       {"", "evil.example", "evil.example:9090", "localhost.evil.example", "127.0.0.1.evil.example",
        "[evil.example]:9090"}) {
    EXPECT_EQ(ask({.host = host}).status, 403) << host;
  }
}

TEST_F(AdminHandlerTest, WithATokenItMayBeCalledByAnyName) {
  options_.token = core::Secret(std::string(kToken));

  EXPECT_EQ(
      ask({.host = "proxy.example:9090", .fields = {{"Authorization", "Bearer correct-horse"}}})
          .status,
      200);
}

TEST_F(AdminHandlerTest, WhatTheCodecRefusesHasTheNameOfItsStatus) {
  AdminHandler handler(live_, operations());
  const auto refuse = [&](int status) { return handler.refuse(status, "why", {}, {}, loop_); };

  const server::Response too_large = refuse(413);

  EXPECT_EQ(too_large.status, 413);
  EXPECT_EQ(text_of(too_large),
            "{\"error\":\"payload_too_large\",\"message\":\"why\",\"status\":413}\n");
  EXPECT_EQ(json_of(refuse(400)).at("error"), "bad_request");
  EXPECT_EQ(json_of(refuse(408)).at("error"), "request_timeout");
  EXPECT_EQ(json_of(refuse(414)).at("error"), "uri_too_long");
  EXPECT_EQ(json_of(refuse(431)).at("error"), "headers_too_large");
  EXPECT_EQ(refuse(405).headers.get("Allow"), "GET, HEAD, POST");
}

TEST_F(AdminHandlerTest, AReloadTellsItsGenerationAndWhatChanged) {
  reload_ = ReloadOutcome{.generation = 7, .changes = {"server.limits.uri_length"}};

  const server::Response response = ask({.method = "POST", .path = "/admin/reload"});

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(text_of(response),
            "{\"status\":\"ok\",\"generation\":7,\"changes\":[\"server.limits.uri_length\"]}\n");
}

TEST_F(AdminHandlerTest, AReloadThatFailedTellsEveryProblem) {
  reload_ = ReloadOutcome{.generation = 1, .problems = {"one", "two"}};

  const server::Response response = ask({.method = "POST", .path = "/admin/reload"});

  EXPECT_EQ(response.status, 422);
  EXPECT_EQ(text_of(response), "{\"status\":\"error\",\"problems\":[\"one\",\"two\"]}\n");
}

TEST_F(AdminHandlerTest, TooManyReloadsAreRefused) {
  reload_ = std::nullopt;

  EXPECT_EQ(ask({.method = "POST", .path = "/admin/reload"}).status, 503);
}

TEST_F(AdminHandlerTest, MetricsNeedNoToken) {
  options_.token = core::Secret(std::string(kToken));

  const server::Response response = ask({.path = "/metrics"});

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.get("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(text_of(response), "up 1\n");
}

TEST_F(AdminHandlerTest, TheConfigurationAndTheStatusNeedIt) {
  EXPECT_EQ(text_of(ask({.path = "/admin/config"})), "buckets: []\n");
  EXPECT_EQ(json_of(ask({.path = "/admin/status"})).at("status"), "healthy");
  options_.token = core::Secret(std::string(kToken));
  EXPECT_EQ(ask({.path = "/admin/config"}).status, 401);
  EXPECT_EQ(ask({.path = "/admin/status"}).status, 401);
}

TEST_F(AdminHandlerTest, AUrlIsExplainedByQueryOrBody) {
  EXPECT_EQ(text_of(ask({.path = "/admin/explain", .query = "url=%2Fphotos%2Fa%20b"})),
            "/photos/a b no token\n");
  EXPECT_EQ(text_of(ask({.method = "POST",
                         .path = "/admin/explain",
                         .body = R"({"url":"/photos/a","token":"t"})"})),
            "/photos/a t\n");
}

TEST_F(AdminHandlerTest, WhatNamesNoUrlIsNotExplained) {
  for (const std::string_view query : {"", "url=", "uri=/a", "url=%2", "url=/a&token=t"}) {
    EXPECT_EQ(ask({.path = "/admin/explain", .query = query}).status, 400) << query;
  }
  for (const std::string_view body : {"", "[]", "{}", R"({"url":""})", R"({"url":1})",
                                      R"({"url":"/a","x":"y"})", R"({"url":"/a","url":"/b"})"}) {
    EXPECT_EQ(ask({.method = "POST", .path = "/admin/explain", .body = body}).status, 400) << body;
  }
}

TEST_F(AdminHandlerTest, EachEndpointHasItsMethods) {
  for (const std::string_view path : {"/admin/reload", "/admin/cache/purge"}) {
    EXPECT_EQ(ask({.path = path}).headers.get("Allow"), "POST") << path;
  }
  for (const std::string_view path :
       {"/metrics", "/admin/status", "/admin/config", "/admin/cache/stats"}) {
    EXPECT_EQ(ask({.method = "POST", .path = path}).status, 405) << path;
  }
}

}  // namespace
}  // namespace yatagarasu::admin
