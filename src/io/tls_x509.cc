#include "io/tls_x509.h"

#include "io/tls_handle.h"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/obj_mac.h>
#include <openssl/types.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <time.h>
#include <utility>

namespace yatagarasu::io {
namespace {

// Empty for kinds of names that no connection is made to.
std::string text_of(const GENERAL_NAME& name) {
  if (name.type != GEN_DNS && name.type != GEN_IPADD) return {};
  const ASN1_STRING* const value = name.type == GEN_DNS ? name.d.dNSName : name.d.iPAddress;
  const unsigned char* const bytes = ASN1_STRING_get0_data(value);
  const auto size = static_cast<std::size_t>(ASN1_STRING_length(value));
  if (name.type == GEN_DNS) return {reinterpret_cast<const char*>(bytes), size};
  if (boost::asio::ip::address_v4::bytes_type v4{}; size == v4.size()) {
    std::copy_n(bytes, size, v4.begin());
    return boost::asio::ip::address_v4(v4).to_string();
  }
  if (boost::asio::ip::address_v6::bytes_type v6{}; size == v6.size()) {
    std::copy_n(bytes, size, v6.begin());
    return boost::asio::ip::address_v6(v6).to_string();
  }
  return {};
}

}  // namespace

std::optional<std::chrono::sys_seconds> time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return std::chrono::sys_seconds(std::chrono::seconds(::timegm(&parts)));
}

void for_each_host_name(const X509* certificate, const std::function<bool(HostName name)>& take) {
  const NamesHandle names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  const int count = names == nullptr ? 0 : sk_GENERAL_NAME_num(names.get());
  for (int index = 0; index < count; ++index) {
    const GENERAL_NAME& name = *sk_GENERAL_NAME_value(names.get(), index);
    std::string text = text_of(name);
    if (text.empty()) continue;
    if (!take({.is_dns = name.type == GEN_DNS, .text = std::move(text)})) return;
  }
}

std::string_view contents_of(BIO* memory) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(memory, &bytes);
  return {bytes, static_cast<std::size_t>(std::max(size, 0L))};
}

}  // namespace yatagarasu::io
