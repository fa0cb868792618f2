#include "crypto/verification_key.h"

#include "crypto/algorithm.h"
#include "crypto/hmac.h"
#include "crypto/openssl_handle.h"
#include "crypto/sha256.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>

namespace yatagarasu::crypto {
namespace {

namespace json = boost::json;
using enum SignatureAlgorithm;

std::string from_hex(std::string_view digits) {
  std::string bytes;
  if (digits.size() % 2 != 0) bytes = "?";
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

std::string hex_of(const json::value& object, std::string_view name) {
  return from_hex(object.at(name).as_string());
}

// Wycheproof writes the numbers as Java does, with a zero byte in front of a high bit.
std::string padded(std::string bytes, std::size_t size) {
  while (bytes.size() > size) bytes.erase(0, 1);
  bytes.insert(0, size - bytes.size(), '\0');
  return bytes;
}

struct WycheproofFile {
  const char* name;
  SignatureAlgorithm algorithm;
  int tag_bits = 0;  // Of a whole MAC.
};

core::Result<VerificationKey> key_of(const json::object& group, SignatureAlgorithm algorithm) {
  const json::value& key = group.at("publicKey");
  switch (algorithm) {
    case kEs256:
    case kEs384: {
      const std::size_t size = algorithm == kEs256 ? 32 : 48;
      return VerificationKey::from_ec(algorithm == kEs256 ? KeyKind::kEcP256 : KeyKind::kEcP384,
                                      padded(hex_of(key, "wx"), size),
                                      padded(hex_of(key, "wy"), size));
    }
    case kEdDsa: return VerificationKey::from_ed25519(hex_of(key, "pk"));
    default:
      return VerificationKey::from_rsa(hex_of(key, "modulus"), hex_of(key, "publicExponent"));
  }
}

class WycheproofTest : public ::testing::TestWithParam<WycheproofFile> {};

TEST_P(WycheproofTest, AgreesOnEverySignature) {
  const std::filesystem::path path =
      std::filesystem::path(YATAGARASU_VECTORS "/jwt/wycheproof") / GetParam().name;
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "set YATAGARASU_VECTORS: no " << path;
  std::ifstream stream(path);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  const json::value file = json::parse(text);
  const SignatureAlgorithm algorithm = GetParam().algorithm;
  int checked = 0;
  for (const json::value& each : file.at("testGroups").as_array()) {
    const json::object& group = each.as_object();
    const bool is_mac = is_symmetric(algorithm);
    // JWS never truncates a MAC: then even a right one is refused (RFC 7518 §3.2).
    const bool is_whole = !is_mac || group.at("tagSize").to_number<int>() == GetParam().tag_bits;
    for (const json::value& test : group.at("tests").as_array()) {
      if (test.at("result") == "acceptable") continue;
      const auto key =
          is_mac ? VerificationKey::from_secret(hex_of(test, "key")) : key_of(group, algorithm);
      ASSERT_TRUE(key) << key.error().detail;
      const std::string signature = hex_of(test, is_mac ? "tag" : "sig");
      EXPECT_EQ(key->verify(algorithm, hex_of(test, "msg"), signature),
                is_whole && test.at("result") == "valid")
          << test.at("tcId") << " " << test.at("comment");
      ++checked;
    }
  }
  EXPECT_GE(checked, 50);
}

INSTANTIATE_TEST_SUITE_P(
    Files, WycheproofTest,
    ::testing::Values(WycheproofFile{"hmac_sha256_test.json", kHs256, 256},
                      WycheproofFile{"hmac_sha384_test.json", kHs384, 384},
                      WycheproofFile{"hmac_sha512_test.json", kHs512, 512},
                      WycheproofFile{"rsa_signature_2048_sha256_test.json", kRs256},
                      WycheproofFile{"rsa_signature_3072_sha384_test.json", kRs384},
                      WycheproofFile{"rsa_signature_4096_sha512_test.json", kRs512},
                      WycheproofFile{"rsa_pss_2048_sha256_mgf1_32_test.json", kPs256},
                      WycheproofFile{"rsa_pss_2048_sha384_mgf1_48_test.json", kPs384},
                      WycheproofFile{"rsa_pss_4096_sha512_mgf1_64_test.json", kPs512},
                      WycheproofFile{"ecdsa_secp256r1_sha256_p1363_test.json", kEs256},
                      WycheproofFile{"ecdsa_secp384r1_sha384_p1363_test.json", kEs384},
                      WycheproofFile{"ed25519_test.json", kEdDsa}),
    [](const auto& file) { return std::string(name_of(file.param.algorithm)); });

TEST(VerificationKeyTest, LongMacsAreChecked) {
  // RFC 4231 §4.2.
  const auto key = VerificationKey::from_secret(std::string(20, '\x0b'));
  const std::string sha384 = from_hex(
      "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
      "faea9ea9076ede7f4af152e8b2fa9cb6");
  const std::string sha512 = from_hex(
      "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
      "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854");
  EXPECT_TRUE(key.verify(kHs384, "Hi There", sha384));
  EXPECT_TRUE(key.verify(kHs512, "Hi There", sha512));
  EXPECT_FALSE(key.verify(kHs384, "Hi There", sha384.substr(0, 32)));
  EXPECT_FALSE(key.verify(kHs512, "Hi there", sha512));
}

TEST(VerificationKeyTest, ASecretVerifiesMacsAlone) {
  const auto key = VerificationKey::from_secret("secret");
  for (const auto algorithm : {kRs256, kPs256, kEs256, kEs384, kEdDsa}) {
    EXPECT_FALSE(key.can_verify(algorithm));
    EXPECT_FALSE(key.verify(algorithm, "message", "signature"));
  }
}

TEST(VerificationKeyTest, WeakRsaKeysAreRefused) {
  const std::string modulus = "\xC1" + std::string(254, '\x5A') + "\x0B";
  EXPECT_FALSE(VerificationKey::from_rsa(modulus.substr(0, 128), "\x01\x00\x01"));
  EXPECT_FALSE(VerificationKey::from_rsa(modulus, "\x01"));
  EXPECT_FALSE(VerificationKey::from_rsa(modulus, "\x02"));
  EXPECT_FALSE(VerificationKey::from_rsa("", "\x03"));
  EXPECT_FALSE(VerificationKey::from_rsa(modulus, ""));
  EXPECT_FALSE(VerificationKey::from_rsa(modulus, "\x01" + std::string(7, '\0') + "\x01"));
  EXPECT_TRUE(VerificationKey::from_rsa(modulus, "\x01" + std::string(6, '\0') + "\x01"));
  EXPECT_FALSE(VerificationKey::from_rsa(modulus.substr(0, 255) + "\x0C", "\x01\x00\x01"));
  EXPECT_FALSE(VerificationKey::from_rsa(std::string(4096, '\xff'), "\x03"));
}

TEST(VerificationKeyTest, PointsOffTheirCurveAreRefused) {
  EXPECT_FALSE(
      VerificationKey::from_ec(KeyKind::kEcP256, std::string(32, '\1'), std::string(32, '\1')));
  EXPECT_FALSE(
      VerificationKey::from_ec(KeyKind::kEcP384, std::string(32, '\1'), std::string(32, '\1')));
  EXPECT_FALSE(VerificationKey::from_ed25519("short"));
}

// What OpenSSL leaves in the thread's queue would be taken for the error of a TLS connection.
TEST(VerificationKeyTest, AFailureLeavesNoErrorBehind) {
  const std::string modulus = "\xC1" + std::string(254, '\x5A') + "\x0B";
  const auto key = VerificationKey::from_rsa(modulus, "\x03");
  ASSERT_TRUE(key);

  EXPECT_FALSE(key->verify(kRs256, "message", "signature"));
  EXPECT_FALSE(key->verify(kPs256, "message", std::string(256, '\1')));
  EXPECT_FALSE(VerificationKey::from_pem("-----BEGIN PUBLIC KEY-----\n"));

  EXPECT_EQ(ERR_peek_error(), 0UL);
}

struct Signed {
  core::Result<VerificationKey> key;
  std::string signature;
};

// Of "message", by a new key.
Signed sign(EVP_PKEY* generated, const EVP_MD* digest) {
  const KeyHandle key(generated);
  const BioHandle pem(BIO_new(BIO_s_mem()));
  PEM_write_bio_PUBKEY(pem.get(), key.get());
  char* text = nullptr;
  const auto size = static_cast<std::size_t>(BIO_get_mem_data(pem.get(), &text));

  const DigestContextHandle context(EVP_MD_CTX_new());
  std::array<unsigned char, 512> signature{};
  std::size_t signature_size = signature.size();
  EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key.get());
  const std::array<unsigned char, 7> message = {'m', 'e', 's', 's', 'a', 'g', 'e'};
  EVP_DigestSign(context.get(), signature.data(), &signature_size, message.data(), message.size());
  return {.key = VerificationKey::from_pem({text, size}),
          .signature = std::string(signature.begin(), signature.begin() + signature_size)};
}

TEST(VerificationKeyTest, ThreadsVerifyAtATime) {
  const Signed rsa = sign(EVP_RSA_gen(2048), EVP_sha256());
  const Signed ed25519 = sign(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), nullptr);
  ASSERT_TRUE(rsa.key && ed25519.key);
  std::atomic<int> good = 0;

  const auto verify_often = [&] {
    for (int i = 0; i < 50; ++i) {
      if (rsa.key->verify(kRs256, "message", rsa.signature)) ++good;
      if (ed25519.key->verify(kEdDsa, "message", ed25519.signature)) ++good;
      if (rsa.key->verify(kRs256, "massage", rsa.signature)) --good;
      if (rsa.key->verify(kRs512, "message", rsa.signature)) --good;
      if (ed25519.key->verify(kEdDsa, "massage", ed25519.signature)) --good;
    }
  };
  {
    const std::array<std::jthread, 4> threads = {
        std::jthread(verify_often), std::jthread(verify_often), std::jthread(verify_often),
        std::jthread(verify_often)};
  }

  EXPECT_EQ(good, 400);
}

TEST(VerificationKeyTest, AKeyVerifiesTheAlgorithmsOfItsKindAlone) {
  const std::string modulus = "\xC1" + std::string(254, '\x5A') + "\x0B";
  const auto key = VerificationKey::from_rsa(modulus, "\x03");
  ASSERT_TRUE(key);

  for (const SignatureAlgorithm algorithm : kSignatureAlgorithms) {
    EXPECT_EQ(key->can_verify(algorithm), key_kind_of(algorithm) == KeyKind::kRsa);
    // Whatever is made of the key's public bytes: they are no secret (RFC 8725 §2.1).
    EXPECT_FALSE(key->verify(algorithm, "message", as_bytes(hmac_sha256(modulus, "message"))));
  }
}

TEST(VerificationKeyTest, APemMustHoldAPublicKey) {
  EXPECT_FALSE(VerificationKey::from_pem(""));
  EXPECT_FALSE(
      VerificationKey::from_pem("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"));
}

TEST(SignatureAlgorithmTest, NamesAreExact) {
  EXPECT_EQ(parse_signature_algorithm("PS384"), kPs384);
  EXPECT_EQ(name_of(kEdDsa), "EdDSA");
  for (const char* const name : {"none", "hs256", "ES512", "", "HS256 "}) {
    EXPECT_FALSE(parse_signature_algorithm(name)) << name;
  }
}

}  // namespace
}  // namespace yatagarasu::crypto
