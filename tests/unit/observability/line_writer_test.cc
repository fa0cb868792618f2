#include "observability/line_writer.h"

#include "observability/access_record.h"
#include "observability/field.h"
#include "observability/options.h"
#include "observability/timestamp.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace yatagarasu::observability {
namespace {

using namespace std::chrono_literals;
using std::chrono::system_clock;

constexpr auto kNoon = std::chrono::sys_days(std::chrono::year(2026) / 7 / 1) + 12h;

std::string timestamp(system_clock::time_point time) {
  std::string out;
  append_timestamp(out, time);
  return out;
}

std::string line(Format format, std::string_view message, const std::vector<Field>& fields) {
  std::string out;
  LineWriter writer(out, format);
  writer.begin(kNoon + 5ms, Level::kWarn, message);
  for (const Field& field : fields) writer.field(field);
  writer.end();
  return out;
}

std::string access_line(Format format, const AccessRecord& record) {
  std::string out;
  LineWriter writer(out, format);
  writer.begin(kNoon, Level::kInfo, "request");
  writer.fields(record);
  writer.end();
  return out;
}

void expect_one_plain_line(const std::string& written) {
  EXPECT_EQ(written.find_first_of("\r\n\x1b"), written.size() - 1) << written;
}

std::string keys_of(const std::string& json_line) {
  std::string keys;
  for (const auto& member : boost::json::parse(json_line).as_object()) {
    keys += member.key();
    keys += ' ';
  }
  return keys;
}

AccessRecord whole_record() {
  AccessRecord record;
  record.request_id = "0123456789abcdef0123456789abcdef";
  record.client_ip = "192.0.2.7";
  record.method = "GET";
  record.path = "/products/a%20b.txt";
  record.status = 200;
  record.bytes_sent = 1024;
  record.duration = 12345us;
  record.bucket = "products";
  record.s3_key = "a b.txt";
  record.cache = "MISS";
  record.user_agent = "curl/8.0";
  record.protocol = "HTTP/1.1";
  record.attempts = 2;
  record.s3_status = 200;
  record.s3_request_id = "ORIGIN1";
  record.s3_duration = 9007us;
  return record;
}

TEST(TimestampTest, IsRfc3339InUtcWithMilliseconds) {
  EXPECT_EQ(timestamp(kNoon), "2026-07-01T12:00:00.000Z");
  EXPECT_EQ(timestamp(kNoon + 7ms), "2026-07-01T12:00:00.007Z");
  EXPECT_EQ(timestamp(kNoon + 999'999us), "2026-07-01T12:00:00.999Z");
  EXPECT_EQ(timestamp(kNoon + 59min + 59s), "2026-07-01T12:59:59.000Z");
  EXPECT_EQ(timestamp(kNoon - 24h), "2026-06-30T12:00:00.000Z");
  EXPECT_EQ(timestamp(system_clock::time_point{}), "1970-01-01T00:00:00.000Z");
}

TEST(LineWriterTest, WritesOneJsonObject) {
  const std::string written = line(Format::kJson, "started",
                                   {{"port", std::uint16_t{8080}},
                                    {"delta", -3},
                                    {"big", std::numeric_limits<std::uint64_t>::max()},
                                    {"ratio", 0.5},
                                    {"http2", true},
                                    {"file", std::string("a.yaml")}});

  EXPECT_EQ(written,
            R"({"timestamp":"2026-07-01T12:00:00.005Z","level":"warn","message":"started",)"
            R"("port":8080,"delta":-3,"big":18446744073709551615,"ratio":0.5,"http2":true,)"
            R"("file":"a.yaml"})"
            "\n");
}

TEST(LineWriterTest, WritesTextAsKeysAndValues) {
  const std::string written = line(Format::kText, "it has started",
                                   {{"port", 8080}, {"file", "my file.yaml"}, {"ok", false}});

  EXPECT_EQ(
      written,
      "2026-07-01T12:00:00.005Z WARN it has started port=8080 file=\"my file.yaml\" ok=false\n");
}

TEST(LineWriterTest, NamesEveryLevel) {
  for (const auto& [level, json, text] :
       {std::tuple{Level::kDebug, R"("level":"debug")", " DEBUG "},
        std::tuple{Level::kInfo, R"("level":"info")", " INFO "},
        std::tuple{Level::kWarn, R"("level":"warn")", " WARN "},
        std::tuple{Level::kError, R"("level":"error")", " ERROR "}}) {
    std::string as_json;
    LineWriter(as_json, Format::kJson).begin(kNoon, level, "m");
    EXPECT_NE(as_json.find(json), std::string::npos) << as_json;
    std::string as_text;
    LineWriter(as_text, Format::kText).begin(kNoon, level, "m");
    EXPECT_NE(as_text.find(text), std::string::npos) << as_text;
  }
}

TEST(LineWriterTest, WritesANumberThatJsonDoesNotKnowAsNull) {
  const std::string written = line(Format::kJson, "m",
                                   {{"a", std::numeric_limits<double>::infinity()},
                                    {"b", std::numeric_limits<double>::quiet_NaN()}});

  const boost::json::object parsed = boost::json::parse(written).as_object();
  EXPECT_TRUE(parsed.at("a").is_null());
  EXPECT_TRUE(parsed.at("b").is_null());
}

TEST(LineWriterTest, CutsAValueThatIsTooLongBetweenCharacters) {
  // The limit falls into the middle of the two bytes.
  const std::string value =
      std::string(kMaxValueBytes - 1, 'a') + "\xC3\xA9" + std::string(5000, 'b');

  const std::string written = line(Format::kJson, "m", {{"key", value}});

  const boost::json::object parsed = boost::json::parse(written).as_object();
  EXPECT_EQ(std::string_view(parsed.at("key").as_string()),
            std::string(kMaxValueBytes - 1, 'a') + "\u2026");
}

TEST(LineWriterTest, KeepsAValueOfTheGreatestLengthWhole) {
  const std::string value(kMaxValueBytes, 'a');

  const std::string written = line(Format::kJson, "m", {{"key", value}});

  EXPECT_EQ(std::string_view(boost::json::parse(written).at("key").as_string()), value);
}

TEST(AccessLineTest, HoldsEveryMemberInItsOrder) {
  const std::string written = access_line(Format::kJson, whole_record());

  EXPECT_EQ(written,
            R"({"timestamp":"2026-07-01T12:00:00.000Z","level":"info","message":"request",)"
            R"("request_id":"0123456789abcdef0123456789abcdef","client_ip":"192.0.2.7",)"
            R"("method":"GET","path":"/products/a%20b.txt","status":200,"bytes_sent":1024,)"
            R"("duration_ms":12.345,"bucket":"products","s3_key":"a b.txt","cache":"MISS",)"
            R"("user_agent":"curl/8.0","protocol":"HTTP/1.1","s3_status":200,)"
            R"("s3_request_id":"ORIGIN1","s3_duration_ms":9.007,"attempts":2})"
            "\n");
}

TEST(AccessLineTest, SaysWhatFailedAndWhy) {
  AccessRecord record = whole_record();
  record.error = "bad_gateway";
  record.reason = "connection refused";

  const std::string written = access_line(Format::kText, record);

  EXPECT_TRUE(written.ends_with("error=bad_gateway reason=\"connection refused\"\n")) << written;
}

TEST(AccessLineTest, LeavesOutWhatDoesNotApply) {
  EXPECT_EQ(keys_of(access_line(Format::kJson, AccessRecord{})),
            "timestamp level message method path status bytes_sent duration_ms ");
}

TEST(AccessLineTest, TellsOfAnOriginThatWasAskedAndDidNotAnswer) {
  AccessRecord record;
  record.attempts = 3;
  record.s3_duration = 1500us;

  const std::string written = access_line(Format::kJson, record);

  EXPECT_EQ(
      keys_of(written),
      "timestamp level message method path status bytes_sent duration_ms s3_duration_ms attempts ");
}

TEST(AccessLineTest, NeverGoesBackInTime) {
  AccessRecord record;
  record.duration = -5us;
  EXPECT_NE(access_line(Format::kJson, record).find(R"("duration_ms":0.000)"), std::string::npos);
}

TEST(AccessLineTest, CannotBeForgedByAClient) {
  const std::string_view nasty =
      "x\"}\r\n{\"level\":\"error\",\"message\":\"forged\"}\n\xff\x1b[2J status=200 error=none";
  AccessRecord record = whole_record();
  record.request_id = record.client_ip = record.method = record.path = record.s3_key = nasty;
  record.user_agent = record.s3_request_id = record.error = record.reason = nasty;

  expect_one_plain_line(access_line(Format::kJson, record));
  expect_one_plain_line(access_line(Format::kText, record));
  EXPECT_EQ(access_line(Format::kText, record).find(" error=none "), std::string::npos);
  const boost::json::object parsed =
      boost::json::parse(access_line(Format::kJson, record)).as_object();
  EXPECT_EQ(std::string_view(parsed.at("message").as_string()), "request");
  EXPECT_EQ(parsed.at("status").as_int64(), 200);
}

// Texts are looked at in pieces: wherever in one a byte is, and whatever comes before and behind.
TEST(LineWriterTest, AnAccessLineSaysEachTextAsItIs) {
  for (std::size_t size = 0; size < 40; ++size) {
    for (std::size_t at = 0; at < std::max<std::size_t>(size, 1); ++at) {
      for (const char c : std::string_view("x \"\\\n\x1f\x7f~!", 9)) {
        std::string text(size, '"' + 1);
        if (at < size) text[at] = c;
        AccessRecord record = whole_record();
        record.path = record.user_agent = text;

        const std::string written = access_line(Format::kJson, record);

        expect_one_plain_line(written);
        const auto read = boost::json::parse(written).as_object();
        ASSERT_EQ(read.at("path").as_string(), text) << written;
        ASSERT_EQ(read.at("s3_duration_ms").as_double(), 9.007) << written;
        if (size > 0) ASSERT_EQ(read.at("user_agent").as_string(), text) << written;
      }
    }
  }
}

}  // namespace
}  // namespace yatagarasu::observability
