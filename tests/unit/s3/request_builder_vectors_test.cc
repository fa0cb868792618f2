#include "aws/amz_time.h"
#include "aws/canonical_request.h"
#include "core/ascii.h"
#include "core/percent.h"
#include "core/secret.h"
#include "http/fields.h"
#include "s3/addressing.h"
#include "s3/options.h"
#include "s3/request.h"
#include "s3/request_builder.h"
#include "unit/aws/vectors.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::s3 {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// One of botocore's requests, taken apart into what a client of this proxy would have asked for.
struct Asked {
  Options options;
  std::string key;
  std::string query;  // Canonical.
  std::vector<std::pair<std::string, std::string>> headers;
};

Asked take_apart(const boost::json::object& entry) {
  const std::string target = aws::text_of(entry, "target");
  const std::string host = aws::text_of(entry, "host");
  const std::size_t mark = std::min(target.find('?'), target.size());
  Asked asked;
  asked.key = core::percent_decode(target.substr(1, mark - 1)).value();
  asked.query = aws::canonical_query(target.substr(std::min(mark + 1, target.size()))).value();
  asked.options.region = aws::text_of(entry, "region");
  asked.options.access_key = core::Secret("AKIAIOSFODNN7EXAMPLE");
  asked.options.secret_key = core::Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
  if (host.ends_with(".amazonaws.com")) {
    asked.options.bucket = host.substr(0, host.find('.'));
  } else {
    const std::size_t slash = std::min(asked.key.find('/'), asked.key.size());
    asked.options.endpoint = aws::text_of(entry, "scheme") + "://" + host;
    asked.options.bucket = asked.key.substr(0, slash);
    asked.key.erase(0, slash + 1);
  }
  for (const boost::json::value& field : entry.at("input_headers").as_array()) {
    asked.headers.emplace_back(core::to_lower(field.at(0).as_string()),
                               boost::json::value_to<std::string>(field.at(1)));
  }
  return asked;
}

std::string head_of(const Asked& asked, const boost::json::object& entry) {
  std::vector<http::Field> headers;
  for (const auto& [name, value] : asked.headers) headers.push_back({.name = name, .value = value});
  ObjectRequest request;
  if (aws::text_of(entry, "method") == "HEAD") request.operation = Operation::kHeadObject;
  request.key = asked.key;
  request.query = asked.query;
  request.headers = headers;
  RequestBuilder builder(asked.options, resolve_address(asked.options).value());
  return builder.build(request, aws::parse_amz_time(aws::text_of(entry, "amz_date")).value());
}

// Botocore signs what it writes on the wire, so its path and its signature must be ours.
TEST(RequestBuilderVectorsTest, AsksForObjectsWithTheBytesAndTheSignatureOfBotocore) {
  const boost::json::value document =
      aws::read_json(YATAGARASU_SOURCE_DIR "/tests/vectors/sigv4/s3-botocore.json");
  int checked = 0;
  for (const boost::json::value& value : document.at("cases").as_array()) {
    const boost::json::object& entry = value.as_object();
    const std::string target = aws::text_of(entry, "target");
    const Asked asked = take_apart(entry);
    // Listings have no key, and this proxy writes no presigned URL.
    if (aws::text_of(entry, "kind") != "header" || asked.key.empty()) continue;
    SCOPED_TRACE(aws::text_of(entry, "name"));
    ++checked;

    const std::string head = head_of(asked, entry);

    EXPECT_THAT(
        head, StartsWith(aws::text_of(entry, "method") + " " + target.substr(0, target.find('?'))));
    EXPECT_THAT(head, HasSubstr("\r\nHost: " + aws::text_of(entry, "host") + "\r\n"));
    EXPECT_THAT(
        head, EndsWith("\r\nAuthorization: " + aws::text_of(entry, "authorization") + "\r\n\r\n"));
  }
  EXPECT_EQ(checked, 45);
}

}  // namespace
}  // namespace yatagarasu::s3
