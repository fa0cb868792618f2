#include "s3/addressing.h"

#include "core/result.h"
#include "s3/options.h"
#include "unit/aws/vectors.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace yatagarasu::s3 {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Options options_of(std::string_view bucket, std::string_view region, std::string_view endpoint = "",
                   Addressing addressing = Addressing::kAuto) {
  Options options;
  options.bucket = bucket;
  options.region = region;
  options.endpoint = endpoint;
  options.addressing = addressing;
  return options;
}

std::string url_of(const Address& address) {
  return (address.uses_tls ? "https://" : "http://") + address.host + address.path_prefix;
}

std::string url_of(const Options& options) {
  const core::Result<Address> address = resolve_address(options);
  return address ? url_of(*address) : "error: " + address.error().detail;
}

struct UrlCase {
  std::string_view bucket;
  std::string_view region;
  std::string_view endpoint;
  Addressing addressing;
  std::string_view url;
};

TEST(AddressingTest, EveryStyleHasItsUrl) {
  using enum Addressing;
  constexpr UrlCase kCases[] = {
      {"photos", "us-east-1", "", kAuto, "https://photos.s3.us-east-1.amazonaws.com"},
      {"photos", "us-east-1", "", kVirtual, "https://photos.s3.us-east-1.amazonaws.com"},
      {"photos", "us-east-1", "", kPath, "https://s3.us-east-1.amazonaws.com/photos"},
      // The certificate of AWS covers one label.
      {"my.photos", "us-east-1", "", kAuto, "https://s3.us-east-1.amazonaws.com/my.photos"},
      {"my.photos", "us-east-1", "", kVirtual, "https://my.photos.s3.us-east-1.amazonaws.com"},
      {"My_Photos", "us-east-1", "", kAuto, "https://s3.us-east-1.amazonaws.com/My_Photos"},
      {"photos", "", "http://127.0.0.1:9000", kAuto, "http://127.0.0.1:9000/photos"},
      {"photos", "", "http://minio:9000", kAuto, "http://minio:9000/photos"},
      {"photos", "", "http://minio:9000/", kPath, "http://minio:9000/photos"},
      {"photos", "", "http://minio:9000", kVirtual, "http://photos.minio:9000"},
      {"photos", "", "https://s3.example.com", kVirtual, "https://photos.s3.example.com"},
      {"photos", "", "http://[::1]:9000", kAuto, "http://[::1]:9000/photos"},
      {"photos", "", "https://[2001:db8::7]", kAuto, "https://[2001:db8::7]/photos"},
      {"photos", "", "HTTP://my_minio", kAuto, "http://my_minio/photos"},
      {"a b/c", "", "http://minio", kAuto, "http://minio/a%20b%2Fc"},
  };
  for (const UrlCase& each : kCases) {
    EXPECT_EQ(url_of(options_of(each.bucket, each.region, each.endpoint, each.addressing)),
              each.url);
  }
}

TEST(AddressingTest, EveryPartitionHasItsDomain) {
  constexpr std::string_view kHosts[][2] = {
      {"eu-central-1", "b-b.s3.eu-central-1.amazonaws.com"},
      {"cn-north-1", "b-b.s3.cn-north-1.amazonaws.com.cn"},
      {"us-gov-west-1", "b-b.s3.us-gov-west-1.amazonaws.com"},
      {"us-iso-east-1", "b-b.s3.us-iso-east-1.c2s.ic.gov"},
      {"us-isob-east-1", "b-b.s3.us-isob-east-1.sc2s.sgov.gov"},
      {"us-isof-south-1", "b-b.s3.us-isof-south-1.csp.hci.ic.gov"},
      {"eu-isoe-west-1", "b-b.s3.eu-isoe-west-1.cloud.adc-e.uk"},
      {"eusc-de-east-1", "b-b.s3.eusc-de-east-1.amazonaws.eu"},
      {"aws-global", "b-b.s3.amazonaws.com"},
  };
  for (const auto& [region, host] : kHosts) {
    EXPECT_EQ(resolve_address(options_of("b-b", region)).value().host, host);
  }
}

TEST(AddressingTest, TheHostFieldHasThePortUnlessItIsTheSchemesOwn) {
  struct PortCase {
    std::string_view endpoint;
    std::string_view host;
    std::uint16_t port;
  };
  constexpr PortCase kCases[] = {
      {"http://minio", "minio", 80},
      {"http://minio:80", "minio", 80},
      {"http://minio:443", "minio:443", 443},
      {"https://minio", "minio", 443},
      {"https://minio:443", "minio", 443},
      {"https://minio:80", "minio:80", 80},
      {"https://minio:9000", "minio:9000", 9000},
      {"http://minio:65535", "minio:65535", 65535},
  };
  for (const PortCase& each : kCases) {
    const Address address = resolve_address(options_of("photos", "", each.endpoint)).value();
    EXPECT_EQ(address.host, each.host) << each.endpoint;
    EXPECT_EQ(address.port, each.port) << each.endpoint;
  }
}

TEST(AddressingTest, WhatIsConnectedToHasNeitherPortNorBrackets) {
  const auto connect_host = [](std::string_view endpoint, Addressing addressing) {
    return resolve_address(options_of("photos", "", endpoint, addressing)).value().connect_host;
  };

  EXPECT_EQ(connect_host("http://minio:9000", Addressing::kPath), "minio");
  EXPECT_EQ(connect_host("http://minio:9000", Addressing::kVirtual), "photos.minio");
  EXPECT_EQ(connect_host("http://127.0.0.1:9000", Addressing::kAuto), "127.0.0.1");
  EXPECT_EQ(connect_host("http://[::1]:9000", Addressing::kAuto), "::1");
}

TEST(AddressingTest, TheRegionIsSigned) {
  const auto region = [](std::string_view configured, std::string_view endpoint) {
    return resolve_address(options_of("photos", configured, endpoint)).value().signing_region;
  };

  EXPECT_EQ(region("eu-west-1", ""), "eu-west-1");
  EXPECT_EQ(region("garage", "http://garage:3900"), "garage");
  EXPECT_EQ(region("my_region", "http://minio"), "my_region");
  EXPECT_EQ(region("", "http://minio:9000"), "us-east-1");
  EXPECT_EQ(region("aws-global", ""), "us-east-1");
}

struct BadCase {
  Options options;
  std::string_view says;
};

TEST(AddressingTest, WhatCannotBeUsedIsRefusedWithItsReason) {
  const auto endpoint = [](std::string_view text) { return options_of("photos", "", text); };
  const BadCase cases[] = {
      {options_of("", "us-east-1"), "name is empty"},
      {options_of("photos", ""), "region or an endpoint"},
      {options_of("photos", "us east"), "region 'us east'"},
      {options_of("photos", "us/east", "http://minio"), "region 'us/east'"},
      {options_of("photos", "us_east_1"), "region 'us_east_1'"},
      {options_of("photos", std::string(64, 'a')), "region"},
      {endpoint("minio:9000"), "http:// or https://"},
      {endpoint("minio"), "not a URL"},
      {endpoint("//minio"), "not a URL"},
      {endpoint("ftp://minio"), "http:// or https://"},
      {endpoint("http://"), "host"},
      {endpoint("http:///bucket"), "host"},
      {endpoint("http:minio"), "host"},
      {endpoint("http://:9000"), "host"},
      {endpoint("http://minio:9000/bucket"), "must not have a path"},
      {endpoint("http://minio?x=1"), "query or fragment"},
      {endpoint("http://minio#x"), "query or fragment"},
      {endpoint("http://minio:0"), "port"},
      {endpoint("http://minio:65536"), "port"},
      {endpoint("http://minio:"), "port"},
      {endpoint("http://minio:http"), "port"},
      {endpoint("http://mi nio"), "not a URL"},
      {endpoint("http://mi%0d%0anio"), "not a host name"},
      {endpoint("http://mi!nio"), "not a host name"},
      {endpoint("http://[::1"), "not a URL"},
      {endpoint("http://[::g]"), "not a URL"},
      {options_of("photos", "", "http://127.0.0.1:9000", Addressing::kVirtual), "IP address"},
      {options_of("photos", "", "http://[::1]", Addressing::kVirtual), "IP address"},
      {options_of("My_Photos", "", "http://minio", Addressing::kVirtual), "'My_Photos'"},
  };
  for (const BadCase& bad : cases) {
    const auto address = resolve_address(bad.options);
    ASSERT_FALSE(address.has_value()) << bad.options.endpoint << " " << url_of(*address);
    EXPECT_EQ(address.error().code, core::ErrorCode::kConfiguration);
    EXPECT_THAT(address.error().detail, HasSubstr(bad.says)) << bad.options.endpoint;
  }
}

TEST(AddressingTest, APasswordInAnEndpointIsNotRepeated) {
  for (const std::string_view endpoint :
       {"http://user:hunter2@minio", "http://user:hunter2@mi nio"}) {
    const auto address = resolve_address(options_of("photos", "", endpoint));
    ASSERT_FALSE(address.has_value());
    EXPECT_THAT(address.error().detail, Not(HasSubstr("hunter2")));
  }
}

TEST(AddressingTest, ABucketIsVirtualHostableWhenItIsADnsName) {
  const std::string longest(63, 'a');
  for (const std::string_view bucket : {std::string_view("abc"), std::string_view("a-1"),
                                        std::string_view("123"), std::string_view(longest)}) {
    EXPECT_TRUE(is_virtual_hostable(bucket, Dots::kRefused)) << bucket;
  }
  const std::string too_long(64, 'a');
  for (const std::string_view bucket :
       {std::string_view(""), std::string_view("ab"), std::string_view("Abc"),
        std::string_view("a_b"), std::string_view("-abc"), std::string_view("abc-"),
        std::string_view("a..b"), std::string_view(".abc"), std::string_view("abc."),
        std::string_view("a.-b"), std::string_view("10.0.0.1"), std::string_view("a/b"),
        std::string_view(too_long)}) {
    EXPECT_FALSE(is_virtual_hostable(bucket, Dots::kAllowed)) << bucket;
  }
  EXPECT_TRUE(is_virtual_hostable("a.b.c", Dots::kAllowed));
  EXPECT_FALSE(is_virtual_hostable("a.b.c", Dots::kRefused));
}

// What these rules are about and our options cannot express.
bool is_beyond_our_options(const boost::json::object& params) {
  for (const std::string_view flag :
       {"UseDualStack", "UseFIPS", "Accelerate", "UseGlobalEndpoint", "UseS3ExpressControlEndpoint",
        "DisableS3ExpressSessionAuth"}) {
    const auto* const value = params.if_contains(flag);
    if (value != nullptr && value->as_bool()) return true;
  }
  return !params.contains("Bucket") || aws::text_of(params, "Bucket").ends_with("--xa-s3");
}

Options options_of(const boost::json::object& params) {
  Options options = options_of(aws::text_of(params, "Bucket"), aws::text_of(params, "Region"),
                               aws::text_of(params, "Endpoint"));
  const auto* const force_path = params.if_contains("ForcePathStyle");
  if (force_path != nullptr && force_path->as_bool()) {
    options.addressing = Addressing::kPath;
  } else if (!options.endpoint.empty()) {
    // The SDKs put the bucket into an endpoint's host where they can; here it has to be said.
    options.addressing = Addressing::kVirtual;
    if (!resolve_address(options)) options.addressing = Addressing::kAuto;
  }
  return options;
}

TEST(AddressingVectorsTest, AgreesWithTheSdksOnPlainBuckets) {
  const std::string path = YATAGARASU_VECTORS "/sigv4/s3-endpoint-resolution.json";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "set YATAGARASU_VECTORS: no " << path;
  int checked = 0;
  const boost::json::value document = aws::read_json(path);
  for (const boost::json::value& value : document.at("cases").as_array()) {
    const boost::json::object& params = value.at("params").as_object();
    if (is_beyond_our_options(params)) continue;
    const boost::json::object& expect = value.at("expect").as_object();
    const auto address = resolve_address(options_of(params));
    const bool has_path_in_endpoint = aws::text_of(params, "Endpoint").ends_with("/foo");
    ++checked;

    EXPECT_EQ(address.has_value(), expect.contains("url") && !has_path_in_endpoint) << params;
    if (!address || !expect.contains("url")) continue;
    EXPECT_EQ(url_of(*address), aws::text_of(expect, "url")) << params;
    EXPECT_EQ(address->signing_region,
              aws::text_of(expect.at("auth").at(0).as_object(), "signingRegion"))
        << params;
  }
  EXPECT_EQ(checked, 46);
}

}  // namespace
}  // namespace yatagarasu::s3
