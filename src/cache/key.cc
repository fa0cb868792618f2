#include "cache/key.h"

#include "crypto/sha256.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace yatagarasu::cache {
namespace {

// Enough that no two buckets of a configuration meet, and small beside a key.
constexpr std::size_t kBucketBytes = 8;
// Keeps credentials apart: as good as the digest itself for all purposes.
constexpr std::size_t kSourceBytes = 16;
// Longer values are replaced by their digest, so that a client's long header makes no long key.
constexpr std::size_t kMaxSelectingBytes = 64;

constexpr char kSeparator = '\0';
constexpr char kDigestFollows = '\x01';  // No field's name begins with it.

// Odd, with as many ones as zeros in no pattern (the fractions of the square roots of 2 and 3).
constexpr std::uint64_t kMix1 = 0x6a09e667f3bcc909;
constexpr std::uint64_t kMix2 = 0xbb67ae8584caa73b;

// The 128-bit product folded: every bit of the result depends on all bits of the operands.
std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

std::uint64_t load(const char* bytes, std::size_t count) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, count);
  return word;
}

void append_digest(std::string& out, std::string_view bytes, std::size_t count) {
  const crypto::Sha256Digest digest = crypto::sha256(bytes);
  out += crypto::as_bytes(digest).substr(0, count);
}

}  // namespace

std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  std::uint64_t state = fold(seed ^ kMix1, bytes.size() ^ kMix2);
  const char* at = bytes.data();
  std::size_t rest = bytes.size();
  for (; rest >= 2 * kWord; rest -= 2 * kWord, at += 2 * kWord) {
    state = fold(state ^ load(at, kWord), kMix1 ^ seed ^ load(at + kWord, kWord));
  }
  if (rest >= kWord) {
    state = fold(state ^ load(at, kWord), kMix2);
    rest -= kWord;
    at += kWord;
  }
  state = fold(state ^ load(at, rest), kMix1);
  return fold(state, kMix2);
}

KeySpace::KeySpace(const Source& source, std::uint64_t hash_seed) : hash_seed_(hash_seed) {
  append_digest(bytes_, source.bucket, kBucketBytes);
  std::string identity(source.bucket);
  identity += kSeparator;  // No name holds one.
  identity += source.identity;
  append_digest(bytes_, identity, kSourceBytes);
}

std::string KeySpace::prefix_of_keys(std::string_view prefix) const {
  return bytes_ + std::string(prefix);
}

std::string KeySpace::prefix_of_object(std::string_view object_key) const {
  return bytes_ + std::string(object_key) + kSeparator;
}

Key::Key(const KeySpace& space, std::string_view object_key, std::string_view query) {
  assign(space, object_key, query);
}

void Key::assign(const KeySpace& space, std::string_view object_key, std::string_view query) {
  bytes_.clear();
  bytes_.reserve(space.bytes().size() + object_key.size() + query.size() + 1);
  bytes_ += space.bytes();
  bytes_ += object_key;
  bytes_ += kSeparator;
  bytes_ += query;
  hash_seed_ = space.hash_seed();
  hash_ = hash_bytes(bytes_, hash_seed_);
}

void Key::select_variant(std::string_view selecting) {
  bytes_ += kSeparator;
  if (selecting.size() <= kMaxSelectingBytes) {
    bytes_ += selecting;
  } else {
    bytes_ += kDigestFollows;
    append_digest(bytes_, selecting, crypto::Sha256Digest().size());
  }
  hash_ = hash_bytes(bytes_, hash_seed_);
}

}  // namespace yatagarasu::cache
