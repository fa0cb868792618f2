#include "crypto/hmac.h"

#include "crypto/sha256.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace yatagarasu::crypto {
namespace {

constexpr std::size_t kBlockBytes = 64;

}  // namespace

HmacSha256Key::HmacSha256Key(std::string_view key) {
  // RFC 2104 §2: a key longer than a block is replaced by its hash.
  Sha256Digest hashed{};
  if (key.size() > kBlockBytes) {
    hashed = sha256(key);
    key = as_bytes(hashed);
  }
  std::array<char, kBlockBytes> padded{};
  std::ranges::copy(key, padded.begin());

  for (char& c : padded) c = static_cast<char>(c ^ 0x36);
  inner_.update({padded.data(), padded.size()});
  for (char& c : padded) c = static_cast<char>(c ^ 0x36 ^ 0x5c);
  outer_.update({padded.data(), padded.size()});

  OPENSSL_cleanse(padded.data(), padded.size());
  OPENSSL_cleanse(hashed.data(), hashed.size());
}

HmacSha256Key::~HmacSha256Key() {
  inner_.wipe();
  outer_.wipe();
}

Sha256Digest HmacSha256Key::mac(std::string_view message) const {
  Sha256 hash = inner_;
  hash.update(message);
  const Sha256Digest inner = hash.finish();
  hash = outer_;
  hash.update(as_bytes(inner));
  return hash.finish();
}

HmacSha256Key HmacSha256Key::derive(std::string_view message) const {
  Sha256Digest bytes = mac(message);
  HmacSha256Key derived(as_bytes(bytes));
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return derived;
}

Sha256Digest hmac_sha256(std::string_view key, std::string_view message) {
  return HmacSha256Key(key).mac(message);
}

}  // namespace yatagarasu::crypto
