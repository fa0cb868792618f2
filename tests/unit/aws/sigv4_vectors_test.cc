#include "aws/amz_time.h"
#include "aws/canonical_request.h"
#include "aws/credentials.h"
#include "aws/signing_key.h"
#include "aws/sigv4.h"
#include "core/ascii.h"
#include "core/percent.h"
#include "core/secret.h"
#include "crypto/sha256.h"
#include "http/fields.h"
#include "unit/aws/vectors.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::aws {
namespace {

namespace json = boost::json;

using OwnedFields = std::vector<std::pair<std::string, std::string>>;

template <class Pairs>
std::vector<http::Field> views_of(const Pairs& fields) {
  std::vector<http::Field> views;
  for (const auto& [name, value] : fields) views.push_back({.name = name, .value = value});
  return views;
}

bool is_added_by_signer(std::string_view name) {
  constexpr std::array<std::string_view, 4> kAdded = {"host", "x-amz-content-sha256", "x-amz-date",
                                                      "x-amz-security-token"};
  return std::ranges::find(kAdded, name) != kAdded.end();
}

// One S3 case, signed by the signer as the proxy uses it and compared stage by stage.
void check_s3_case(const json::object& entry, const Credentials& credentials,
                   const std::string& region, const std::string& date, const OwnedFields& fields) {
  const std::string target = text_of(entry, "target");
  const std::size_t mark = std::min(target.find('?'), target.size());
  const std::string query =
      canonical_query(std::string_view(target).substr(std::min(mark + 1, target.size()))).value();
  // The documentation writes some targets before they are encoded.
  const std::string path =
      core::s3_encode_key(core::percent_decode(target.substr(0, mark)).value());
  std::string host = text_of(entry, "host");
  OwnedFields further;
  for (const auto& [name, value] : fields) {
    if (name == "host") host = value;
    if (!is_added_by_signer(name)) further.emplace_back(name, value);
  }
  const std::string method = text_of(entry, "method");
  const std::string payload = text_of(entry, "payload_sha256");
  const std::vector<http::Field> headers = views_of(further);

  Signer signer(credentials, region);
  const SigningTrace trace = signer.explain({.method = method,
                                             .host = host,
                                             .path = path,
                                             .query = query,
                                             .headers = headers,
                                             .payload_sha256 = payload},
                                            parse_amz_time(date).value());

  EXPECT_EQ(trace.canonical_request, text_of(entry, "canonical_request"));
  EXPECT_EQ(trace.string_to_sign, text_of(entry, "string_to_sign"));
  EXPECT_EQ(trace.signature, text_of(entry, "signature"));
  if (entry.contains("authorization")) {
    EXPECT_TRUE(
        trace.header_lines.ends_with("Authorization: " + text_of(entry, "authorization") + "\r\n"))
        << trace.header_lines;
  }
}

TEST(SigV4VectorsTest, SignsLikeBotocore) {
  const json::value document =
      read_json(YATAGARASU_SOURCE_DIR "/tests/vectors/sigv4/s3-botocore.json");
  int checked = 0;
  for (const json::value& value : document.at("cases").as_array()) {
    const json::object& entry = value.as_object();
    if (entry.at("kind") != "header") continue;
    SCOPED_TRACE(text_of(entry, "name"));
    OwnedFields fields;
    for (const json::value& pair : entry.at("input_headers").as_array()) {
      fields.emplace_back(core::to_lower(json::value_to<std::string>(pair.at(0))),
                          json::value_to<std::string>(pair.at(1)));
    }
    const Credentials credentials = {
        .access_key = text_of(document.as_object(), "access_key"),
        .secret_key = core::Secret(text_of(document.as_object(), "secret_key")),
        .session_token = core::Secret(text_of(entry, "session_token"))};
    check_s3_case(entry, credentials, text_of(entry, "region"), text_of(entry, "amz_date"), fields);
    ++checked;
  }
  EXPECT_EQ(checked, 50);
}

TEST(SigV4VectorsTest, SignsTheExamplesOfTheS3Documentation) {
  const std::string path = YATAGARASU_VECTORS "/sigv4/aws-docs-s3.json";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "set YATAGARASU_VECTORS: no " << path;
  const json::value document = read_json(path);
  const json::object& common = document.as_object();
  int checked = 0;
  for (const json::value& value : common.at("cases").as_array()) {
    const json::object& entry = value.as_object();
    if (text_of(entry, "target").find("X-Amz-Signature") != std::string::npos ||
        text_of(entry, "payload_sha256") == "UNSIGNED-PAYLOAD") {
      continue;  // Signed in the query, which the proxy never does.
    }
    SCOPED_TRACE(text_of(entry, "name"));
    OwnedFields fields;
    for (const auto& [name, field] : entry.at("headers").as_object()) {
      fields.emplace_back(name, json::value_to<std::string>(field));
    }
    const Credentials credentials = {.access_key = text_of(common, "access_key"),
                                     .secret_key = core::Secret(text_of(common, "secret_key")),
                                     .session_token = core::Secret()};
    check_s3_case(entry, credentials, text_of(common, "region"), text_of(common, "date"), fields);
    ++checked;
  }
  EXPECT_EQ(checked, 4);
}

// A request of AWS's suite as the general form of SigV4 signs it: without the fields that S3 adds.
struct SuiteRequest {
  std::string method;
  std::string path;   // Raw.
  std::string query;  // Raw.
  OwnedFields fields;
  std::string body;
};

SuiteRequest parse_suite_request(std::string_view text) {
  while (text.starts_with('\n')) text.remove_prefix(1);
  SuiteRequest request;
  const std::size_t end_of_head = text.find("\n\n");
  if (end_of_head != std::string_view::npos) {
    request.body = text.substr(end_of_head + 2);
    text = text.substr(0, end_of_head);
  }
  const std::string_view first = text.substr(0, text.find('\n'));
  const std::size_t space = first.find(' ');
  const std::string_view target = first.substr(space + 1, first.rfind(' ') - space - 1);
  request.method = first.substr(0, space);
  request.path = target.substr(0, target.find('?'));
  if (request.path.size() < target.size()) request.query = target.substr(request.path.size() + 1);

  text.remove_prefix(std::min(first.size() + 1, text.size()));
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.empty()) continue;
    if (line.front() == ' ') {  // RFC 9112 §5.2: a folded line counts as a space.
      request.fields.back().second += std::string(line);
      continue;
    }
    const std::size_t colon = line.find(':');
    request.fields.emplace_back(core::to_lower(line.substr(0, colon)), line.substr(colon + 1));
  }
  return request;
}

std::string amz_date_of(std::string iso) {
  std::erase_if(iso, [](char c) { return c == '-' || c == ':'; });
  return iso;
}

struct Stages {
  std::string canonical_request;
  std::string string_to_sign;
  std::string signature;
};

Stages sign_suite_request(SuiteRequest request, const json::object& context) {
  const json::object& credentials = context.at("credentials").as_object();
  const std::string date = amz_date_of(text_of(context, "timestamp"));
  const std::string payload = crypto::to_hex(crypto::sha256(request.body));
  const std::string token = text_of(credentials, "token");
  const json::value* const omit = context.if_contains("omit_session_token");
  const bool omits_token = omit != nullptr && omit->as_bool();
  request.fields.emplace_back("x-amz-date", date);
  if (context.at("sign_body").as_bool())
    request.fields.emplace_back("x-amz-content-sha256", payload);
  if (!token.empty() && !omits_token) {
    request.fields.emplace_back("x-amz-security-token", token);
  }
  // Equal names stay in their order.
  const std::multimap<std::string, std::string> sorted(request.fields.begin(),
                                                       request.fields.end());

  const std::string path = core::s3_encode_key(request.path);
  const std::string query = canonical_query(request.query).value();
  const std::vector<http::Field> headers = views_of(sorted);
  Stages stages;
  append_canonical_request(stages.canonical_request, {.method = request.method,
                                                      .path = path,
                                                      .query = query,
                                                      .headers = headers,
                                                      .payload_sha256 = payload});
  const std::string day = date.substr(0, 8);
  const std::string region = text_of(context, "region");
  const std::string service = text_of(context, "service");
  stages.string_to_sign = "AWS4-HMAC-SHA256\n" + date + "\n" + day + "/" + region + "/" + service +
                          "/aws4_request\n" +
                          crypto::to_hex(crypto::sha256(stages.canonical_request));
  const core::Secret secret(text_of(credentials, "secret_access_key"));
  stages.signature =
      crypto::to_hex(derive_signing_key(secret, {day, region, service}).mac(stages.string_to_sign));
  return stages;
}

// Where normalising a path would change it, S3's rule must give something else.
bool is_about_normalising(const std::string& name) {
  return name.ends_with("-normalized") && name != "get-space-normalized";
}

TEST(SigV4VectorsTest, FollowsAwsSuiteButNeverNormalisesAPath) {
  const std::filesystem::path folder = YATAGARASU_VECTORS "/sigv4/aws-c-auth-v4";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "set YATAGARASU_VECTORS: no " << folder;
  int same = 0;
  int different = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (!entry.is_directory()) continue;
    const std::string name = entry.path().filename();
    SCOPED_TRACE(name);
    const std::string base = entry.path().string() + "/";
    const Stages stages = sign_suite_request(parse_suite_request(read_file(base + "request.txt")),
                                             read_json(base + "context.json").as_object());
    if (is_about_normalising(name)) {
      EXPECT_NE(stages.canonical_request, read_file(base + "header-canonical-request.txt"));
      ++different;
      continue;
    }
    EXPECT_EQ(stages.canonical_request, read_file(base + "header-canonical-request.txt"));
    EXPECT_EQ(stages.string_to_sign, read_file(base + "header-string-to-sign.txt"));
    EXPECT_EQ(stages.signature, read_file(base + "header-signature.txt"));
    ++same;
  }
  EXPECT_EQ(same, 32);
  EXPECT_EQ(different, 6);
}

}  // namespace
}  // namespace yatagarasu::aws
