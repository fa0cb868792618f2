#include "crypto/roca.h"

#include <openssl/bn.h>
#include <openssl/types.h>

#include <algorithm>
#include <array>

namespace yatagarasu::crypto {
namespace {

constexpr unsigned long kGenerator = 65537;

// The first 39 primes: the M of keys of 512 bits, whose primes all larger sizes have too.
constexpr std::array<unsigned, 39> kPrimes = {
    2,  3,  5,  7,  11, 13,  17,  19,  23,  29,  31,  37,  41,  43,  47,  53,  59,  61,  67, 71,
    73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};

bool is_power_of_generator(unsigned long residue, unsigned prime) {
  unsigned long power = 1;
  for (unsigned exponent = 0; exponent < prime; ++exponent) {
    if (power == residue) return true;
    power = power * (kGenerator % prime) % prime;
  }
  return false;
}

}  // namespace

bool has_roca_fingerprint(const BIGNUM& modulus) {
  return std::ranges::all_of(kPrimes, [&](unsigned prime) {
    return is_power_of_generator(BN_mod_word(&modulus, prime), prime);
  });
}

}  // namespace yatagarasu::crypto
