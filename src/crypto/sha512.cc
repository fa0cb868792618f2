// Deprecated in OpenSSL 3, and used for the reason that sha256.cc gives.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/sha512.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <string_view>

namespace yatagarasu::crypto {

Sha384::Sha384() {
  SHA384_Init(&context_);
}

void Sha384::update(std::string_view bytes) {
  SHA384_Update(&context_, bytes.data(), bytes.size());
}

Sha384Digest Sha384::finish() {
  Sha384Digest digest{};
  SHA384_Final(digest.data(), &context_);
  return digest;
}

void Sha384::wipe() noexcept {
  OPENSSL_cleanse(&context_, sizeof(context_));
}

Sha512::Sha512() {
  SHA512_Init(&context_);
}

void Sha512::update(std::string_view bytes) {
  SHA512_Update(&context_, bytes.data(), bytes.size());
}

Sha512Digest Sha512::finish() {
  Sha512Digest digest{};
  SHA512_Final(digest.data(), &context_);
  return digest;
}

void Sha512::wipe() noexcept {
  OPENSSL_cleanse(&context_, sizeof(context_));
}

Sha384Digest sha384(std::string_view bytes) {
  Sha384 hash;
  hash.update(bytes);
  return hash.finish();
}

Sha512Digest sha512(std::string_view bytes) {
  Sha512 hash;
  hash.update(bytes);
  return hash.finish();
}

std::string_view as_bytes(const Sha384Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string_view as_bytes(const Sha512Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace yatagarasu::crypto
