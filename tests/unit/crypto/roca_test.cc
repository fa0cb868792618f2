#include "crypto/roca.h"

#include "core/free_by.h"
#include "crypto/openssl_handle.h"

#include <gtest/gtest.h>
#include <openssl/bn.h>

#include <memory>

namespace yatagarasu::crypto {
namespace {

BignumHandle number(unsigned long value) {
  BignumHandle made(BN_new());
  BN_set_word(made.get(), value);
  return made;
}

// The product of the primes up to 167.
BignumHandle primorial() {
  BignumHandle product = number(1);
  for (unsigned long candidate = 2; candidate <= 167; ++candidate) {
    bool is_prime = true;
    for (unsigned long divisor = 2; divisor * divisor <= candidate; ++divisor) {
      if (candidate % divisor == 0) is_prime = false;
    }
    if (is_prime) BN_mul_word(product.get(), candidate);
  }
  return product;
}

TEST(RocaTest, FindsModuliThatArePowersOfTheGeneratorModuloSmallPrimes) {
  const std::unique_ptr<BN_CTX, core::FreeBy<BN_CTX_free>> context(BN_CTX_new());
  const BignumHandle m = primorial();
  BignumHandle modulus = number(0);
  BN_mod_exp(modulus.get(), number(65537).get(), number(12345).get(), m.get(), context.get());
  BignumHandle multiple = number(1);
  BN_lshift(multiple.get(), m.get(), 1820);
  BN_add(modulus.get(), modulus.get(), multiple.get());

  EXPECT_TRUE(has_roca_fingerprint(*modulus));

  BN_add_word(modulus.get(), 2);
  EXPECT_FALSE(has_roca_fingerprint(*modulus));
}

TEST(RocaTest, AModulusWithASmallFactorIsNotOne) {
  EXPECT_FALSE(has_roca_fingerprint(*primorial()));
}

}  // namespace
}  // namespace yatagarasu::crypto
