#pragma once

#include <openssl/types.h>

namespace yatagarasu::crypto {

// Whether an RSA modulus looks as if Infineon's RSALib made it (CVE-2017-15361, "ROCA"): it can
// then be factored. About one sound modulus in 2^27 looks so, too.
//
// Source: M. Nemec et al., The Return of Coppersmith's Attack, CCS 2017, §4.1: primes of that
// library are k * M + (65537^a mod M) with M a product of the first primes, so that modulo each of
// these the modulus is a power of 65537.
bool has_roca_fingerprint(const BIGNUM& modulus);

}  // namespace yatagarasu::crypto
