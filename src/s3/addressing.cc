#include "s3/addressing.h"

#include "core/ascii.h"
#include "core/percent.h"
#include "core/result.h"
#include "s3/options.h"

#include <boost/url/host_type.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/scheme.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::s3 {
namespace {

namespace urls = boost::urls;

constexpr std::string_view kDefaultRegion = "us-east-1";
constexpr std::size_t kMaxLabel = 63;  // RFC 1035 §2.3.4.

// Where requests go before the bucket has its place in it.
struct Endpoint {
  bool uses_tls = true;
  std::string host;  // An IPv6 address without brackets.
  std::uint16_t port = 443;
  enum class Kind : std::uint8_t { kName, kIpv4, kIpv6 } kind = Kind::kName;
};

std::unexpected<core::Error> refuse(std::string detail) {
  return core::failure(core::ErrorCode::kConfiguration, std::move(detail));
}

bool is_alphanumeric(char c) {
  return core::is_alpha(c) || core::is_digit(c);
}

// Underscores are no part of host names by the book, but of names in container networks.
bool is_host_name(std::string_view host) {
  return !host.empty() && std::ranges::all_of(host, [](char c) {
    return is_alphanumeric(c) || c == '-' || c == '.' || c == '_';
  });
}

// A region is a part of the host's name on AWS; elsewhere it is only signed, where a slash would
// break the scope apart.
bool is_region(std::string_view region, bool is_aws) {
  return !region.empty() && region.size() <= kMaxLabel &&
         std::ranges::all_of(region, [is_aws](char c) {
           return is_alphanumeric(c) || c == '-' || (c == '_' && !is_aws);
         });
}

// AWS's partitions beside the main one: regions by their prefix, and the domain they live under.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kPartitions = {{
    {"cn-", "amazonaws.com.cn"},
    {"us-iso-", "c2s.ic.gov"},
    {"us-isob-", "sc2s.sgov.gov"},
    {"us-isof-", "csp.hci.ic.gov"},
    {"eu-isoe-", "cloud.adc-e.uk"},
    {"eusc-", "amazonaws.eu"},
}};

Endpoint aws_endpoint(std::string_view region) {
  // The name that the SDKs give to the endpoint without a region.
  if (region == "aws-global") return {.host = "s3.amazonaws.com"};
  std::string_view domain = "amazonaws.com";
  for (const auto& [prefix, partition_domain] : kPartitions) {
    if (region.starts_with(prefix)) domain = partition_domain;
  }
  return {.host = std::string("s3.").append(region).append(1, '.').append(domain)};
}

// What the parts of the URL beyond scheme, host and port have wrong; empty when nothing.
std::string_view problem_of(const urls::url_view& url) {
  if (url.scheme_id() != urls::scheme::http && url.scheme_id() != urls::scheme::https) {
    return "it must begin with http:// or https://";
  }
  // Credentials would be ignored, which nobody who writes them expects.
  if (url.has_userinfo()) return "it must not hold a user or password";
  if (url.has_port() && url.port_number() == 0) return "its port must be between 1 and 65535";
  if (!url.encoded_path().empty() && url.encoded_path() != "/") return "it must not have a path";
  if (url.has_query() || url.has_fragment()) return "it must not have a query or fragment";
  const bool is_address =
      url.host_type() == urls::host_type::ipv4 || url.host_type() == urls::host_type::ipv6;
  if (!is_address && !is_host_name(url.host())) return "its host is not a host name or address";
  return {};
}

core::Result<Endpoint> parse_endpoint(std::string_view text) {
  const auto parsed = urls::parse_uri({text.data(), text.size()});
  const std::string_view problem =
      parsed ? problem_of(*parsed) : std::string_view("it is not a URL");
  if (!problem.empty()) {
    // Text with an "@" may hold a password.
    const std::string shown =
        text.find('@') == std::string_view::npos ? " '" + std::string(text) + "'" : std::string();
    return refuse("endpoint" + shown +
                  " is not of the form http(s)://host[:port]: " + std::string(problem));
  }

  Endpoint endpoint;
  endpoint.uses_tls = parsed->scheme_id() == urls::scheme::https;
  endpoint.host = parsed->host_address();
  endpoint.port = parsed->has_port() ? parsed->port_number()
                                     : static_cast<std::uint16_t>(endpoint.uses_tls ? 443 : 80);
  if (parsed->host_type() == urls::host_type::ipv4) endpoint.kind = Endpoint::Kind::kIpv4;
  if (parsed->host_type() == urls::host_type::ipv6) endpoint.kind = Endpoint::Kind::kIpv6;
  return endpoint;
}

// Whether the bucket becomes a part of the host's name.
core::Result<bool> is_virtual(const Options& options, const Endpoint& endpoint) {
  switch (options.addressing) {
    case Addressing::kPath: return false;
    case Addressing::kAuto:
      return options.endpoint.empty() && is_virtual_hostable(options.bucket, Dots::kRefused);
    case Addressing::kVirtual: break;
  }
  if (endpoint.kind != Endpoint::Kind::kName) {
    return refuse("addressing 'virtual' needs an endpoint with a host name, not an IP address");
  }
  if (!is_virtual_hostable(options.bucket, Dots::kAllowed)) {
    return refuse("addressing 'virtual' cannot be used: the bucket '" + options.bucket +
                  "' cannot be part of a host name");
  }
  return true;
}

std::string host_field(const Endpoint& endpoint) {
  std::string host =
      endpoint.kind == Endpoint::Kind::kIpv6 ? "[" + endpoint.host + "]" : endpoint.host;
  const std::uint16_t scheme_port = endpoint.uses_tls ? 443 : 80;
  if (endpoint.port != scheme_port) host += ":" + std::to_string(endpoint.port);
  return host;
}

bool is_label(std::string_view label) {
  return !label.empty() && label.front() != '-' && label.back() != '-' &&
         std::ranges::all_of(
             label, [](char c) { return (c >= 'a' && c <= 'z') || core::is_digit(c) || c == '-'; });
}

// Four numbers: DNS would take it for an address.
bool looks_like_ipv4(std::string_view name) {
  return std::ranges::count(name, '.') == 3 &&
         std::ranges::all_of(name, [](char c) { return core::is_digit(c) || c == '.'; });
}

}  // namespace

core::Result<Address> resolve_address(const Options& options) {
  const bool is_aws = options.endpoint.empty();
  if (options.bucket.empty()) return refuse("the bucket's name is empty");
  if (is_aws && options.region.empty()) return refuse("a region or an endpoint is needed");
  if (!options.region.empty() && !is_region(options.region, is_aws)) {
    return refuse("region '" + options.region + "' holds characters that no region has");
  }

  core::Result<Endpoint> endpoint =
      is_aws ? aws_endpoint(options.region) : parse_endpoint(options.endpoint);
  if (!endpoint) return std::unexpected(std::move(endpoint.error()));
  const core::Result<bool> in_host = is_virtual(options, *endpoint);
  if (!in_host) return std::unexpected(in_host.error());
  if (*in_host) endpoint->host = options.bucket + "." + endpoint->host;

  Address address;
  address.uses_tls = endpoint->uses_tls;
  address.host = host_field(*endpoint);
  address.connect_host = endpoint->host;
  address.port = endpoint->port;
  if (!*in_host) address.path_prefix = "/" + core::s3_encode_query_part(options.bucket);
  address.signing_region = options.region.empty() || options.region == "aws-global"
                               ? kDefaultRegion
                               : std::string_view(options.region);
  return address;
}

bool is_virtual_hostable(std::string_view bucket, Dots dots) {
  // S3's own bounds for names.
  if (bucket.size() < 3 || bucket.size() > kMaxLabel || looks_like_ipv4(bucket)) return false;
  while (true) {
    const std::size_t dot = bucket.find('.');
    if (!is_label(bucket.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    if (dots == Dots::kRefused) return false;
    bucket.remove_prefix(dot + 1);
  }
}

}  // namespace yatagarasu::s3
