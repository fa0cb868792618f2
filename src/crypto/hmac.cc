#include "crypto/hmac.h"

#include "crypto/sha256.h"
#include "crypto/sha512.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace yatagarasu::crypto {

template <class Hash>
HmacKey<Hash>::HmacKey(std::string_view key) {
  // RFC 2104 §2: a key longer than a block is replaced by its hash.
  Digest hashed{};
  if (key.size() > Hash::kBlockBytes) {
    Hash hash;
    hash.update(key);
    hashed = hash.finish();
    hash.wipe();
    key = as_bytes(hashed);
  }
  std::array<char, Hash::kBlockBytes> padded{};
  std::ranges::copy(key, padded.begin());

  for (char& c : padded) c = static_cast<char>(c ^ 0x36);
  inner_.update({padded.data(), padded.size()});
  for (char& c : padded) c = static_cast<char>(c ^ 0x36 ^ 0x5c);
  outer_.update({padded.data(), padded.size()});

  OPENSSL_cleanse(padded.data(), padded.size());
  OPENSSL_cleanse(hashed.data(), hashed.size());
}

template <class Hash>
HmacKey<Hash>::~HmacKey() {
  inner_.wipe();
  outer_.wipe();
}

template <class Hash>
HmacKey<Hash>::Digest HmacKey<Hash>::mac(std::string_view message) const {
  Hash hash = inner_;
  hash.update(message);
  const Digest inner = hash.finish();
  hash = outer_;
  hash.update(as_bytes(inner));
  return hash.finish();
}

template <class Hash>
HmacKey<Hash> HmacKey<Hash>::derive(std::string_view message) const {
  Digest bytes = mac(message);
  HmacKey derived(as_bytes(bytes));
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return derived;
}

template class HmacKey<Sha256>;
template class HmacKey<Sha384>;
template class HmacKey<Sha512>;

Sha256Digest hmac_sha256(std::string_view key, std::string_view message) {
  return HmacSha256Key(key).mac(message);
}

}  // namespace yatagarasu::crypto
