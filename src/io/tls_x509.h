#pragma once

#include <openssl/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

// What OpenSSL's certificates say, in the project's own types.
namespace yatagarasu::io {

// Empty for no time at all, and for one that is malformed.
std::optional<std::chrono::sys_seconds> time_of(const ASN1_TIME* time);

// The certificate's names for hosts (RFC 5280 §4.2.1.6), in their order, until `take` says false.
// Those that are neither DNS names nor addresses are passed over.
struct HostName {
  bool is_dns = false;  // Else an address, in text.
  std::string text;
};
void for_each_host_name(const X509* certificate, const std::function<bool(HostName name)>& take);

// What has been written to a memory BIO.
std::string_view contents_of(BIO* memory);

}  // namespace yatagarasu::io
