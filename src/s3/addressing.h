#pragma once

#include "core/result.h"
#include "s3/options.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace yatagarasu::s3 {

// Where a bucket is reached and how its requests name it. Everything that comes from the
// endpoint, the region and the style of addressing; the key comes after `path_prefix` and "/".
struct Address {
  bool uses_tls = true;
  std::string host;          // The Host field: with the port unless it is the scheme's own.
  std::string connect_host;  // For DNS and the certificate; an IPv6 address has no brackets.
  std::uint16_t port = 443;
  std::string path_prefix;  // "/bucket" in path style, encoded; else empty.
  std::string signing_region;
};

// The address of the bucket. kConfiguration, with what is wrong and where, when the endpoint is no
// http(s)://host[:port], the region cannot be one, or `virtual` is asked for where a bucket's name
// cannot be part of the host's.
core::Result<Address> resolve_address(const Options& options);

// Whether the bucket's name can stand in front of a host name. A dot makes it two labels, which
// the wildcard certificate of AWS does not cover.
enum class Dots : bool { kRefused, kAllowed };
bool is_virtual_hostable(std::string_view bucket, Dots dots);

}  // namespace yatagarasu::s3
