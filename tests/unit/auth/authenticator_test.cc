#include "auth/authenticator.h"

#include "auth/jwt/claims.h"
#include "auth/jwt/jwks_keys.h"
#include "auth/jwt/key_set.h"
#include "auth/jwt/options.h"
#include "core/result.h"
#include "core/secret.h"
#include "crypto/algorithm.h"
#include "crypto/verification_key.h"
#include "http/fields.h"
#include "io/loop.h"
#include "io/task.h"
#include "support/run.h"
#include "unit/auth/mint.h"

#include <boost/asio/post.hpp>
#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::auth {
namespace {

using Outcome = Decision::Outcome;
using jwt::mint;
using std::chrono_literals::operator""h;
using std::chrono_literals::operator""s;
using std::chrono::sys_seconds;
using ::testing::HasSubstr;
using ::testing::Not;

http::Fields bearing(const std::string& authorization) {
  http::Fields fields;
  fields.add("Authorization", authorization);
  return fields;
}

class AuthenticatorTest : public ::testing::Test {
 protected:
  AuthenticatorTest() {
    options_.algorithms = {crypto::SignatureAlgorithm::kHs256};
    options_.secret = core::Secret(std::string(jwt::kSecret));
    options_.claims = {{.claim = "role", .op = jwt::ClaimOperator::kEquals, .value = "admin"}};
  }

  void create(std::shared_ptr<jwt::JwksKeys> keys = nullptr) {
    auto created = Authenticator::create(options_, 2, std::move(keys));
    ASSERT_TRUE(created) << created.error().detail;
    authenticator_ = *std::move(created);
  }
  std::optional<Decision> decide(const std::string& token, const io::Loop& loop) {
    const std::string value = "Bearer " + token;
    return authenticator_->decide(bearing(value), "", loop, now_);
  }
  Decision decide(const std::string& token) {
    const auto decision = decide(token, loop_);
    EXPECT_TRUE(decision);
    return decision.value_or(Decision{});
  }

  jwt::Options options_;
  io::Loop loop_{0};
  io::Loop other_loop_{1};
  sys_seconds now_{1000s};
  std::unique_ptr<Authenticator> authenticator_;
};

TEST_F(AuthenticatorTest, WithoutATokenItIsMissing) {
  create();

  const auto none = authenticator_->decide({}, "token=abc", loop_, now_);
  const auto other = authenticator_->decide(bearing("Basic YTpi"), "", loop_, now_);

  ASSERT_TRUE(none && other);
  EXPECT_EQ(none->outcome, Outcome::kMissing);
  EXPECT_EQ(other->outcome, Outcome::kMissing);
  EXPECT_EQ(none->principal, nullptr);
}

TEST_F(AuthenticatorTest, ATokenThatDoesNotHoldIsInvalid) {
  create();
  struct Case {
    std::string token;
    std::string_view reason;
  };
  for (const Case& c :
       {Case{"garbage", "malformed"}, Case{mint(R"({"role":"admin"})", "another"), "bad_signature"},
        Case{mint(R"({"role":"admin","exp":999})"), "expired"},
        Case{mint(R"({"role":"admin","nbf":1001})"), "not_yet_valid"},
        Case{mint("{}", jwt::kSecret, R"({"alg":"RS256"})"), "wrong_algorithm"}}) {
    const Decision decision = decide(c.token);
    EXPECT_EQ(decision.outcome, Outcome::kInvalid) << c.reason;
    EXPECT_EQ(decision.reason, c.reason);
    EXPECT_EQ(decision.principal, nullptr);
  }
}

TEST_F(AuthenticatorTest, AClaimThatIsNotSoForbids) {
  create();

  const Decision decision = decide(mint(R"({"sub":"bob","role":"reader"})"));

  EXPECT_EQ(decision.outcome, Outcome::kForbidden);
  EXPECT_EQ(decision.reason, "claim role equals");
  EXPECT_EQ(decision.principal, nullptr);
}

TEST_F(AuthenticatorTest, AGoodTokenIsAllowedEachTime) {
  create();
  const std::string token = mint(R"({"sub":"alice","role":"admin"})");

  const Decision first = decide(token);
  const Decision second = decide(token);

  EXPECT_EQ(first.outcome, Outcome::kAllowed);
  EXPECT_EQ(first.principal->subject, "alice");
  EXPECT_EQ(second.outcome, Outcome::kAllowed);
  EXPECT_EQ(second.principal, first.principal) << "the second time it is remembered";
}

TEST_F(AuthenticatorTest, ARememberedTokenExpires) {
  create();
  const std::string token = mint(R"({"role":"admin","exp":1010})");
  EXPECT_EQ(decide(token).outcome, Outcome::kAllowed);

  now_ += 10s;

  EXPECT_EQ(decide(token).outcome, Outcome::kInvalid);
  EXPECT_EQ(decide(token).reason, "expired");
}

TEST_F(AuthenticatorTest, LoopsRememberByThemselves) {
  create();
  const std::string token = mint(R"({"role":"admin"})");

  const Decision here = decide(token);
  const auto there = decide(token, other_loop_);

  ASSERT_TRUE(there);
  EXPECT_EQ(there->outcome, Outcome::kAllowed);
  EXPECT_NE(there->principal, here.principal);
}

TEST_F(AuthenticatorTest, BadTokensPushNoGoodOneOut) {
  create();
  const std::string good = mint(R"({"role":"admin"})");
  const Decision before = decide(good);

  for (int i = 0; i < 100'000; ++i) {
    const auto decision = decide("e30." + std::to_string(i) + ".AAAA", loop_);
    ASSERT_EQ(decision->outcome, Outcome::kInvalid);
  }
  for (int i = 0; i < 5000; ++i) {
    const auto decision = decide(mint(R"({"role":)" + std::to_string(i) + "}"), loop_);
    ASSERT_EQ(decision->outcome, Outcome::kForbidden);
  }

  EXPECT_EQ(decide(good).principal, before.principal);
}

TEST_F(AuthenticatorTest, NoReasonRepeatsTheToken) {
  create();
  for (const std::string& token :
       {std::string("topsecret"), mint(R"({"role":"topsecret"})"),
        mint(R"({"topsecret":1})", "another"), mint("{}", "k", R"({"alg":"topsecret"})")}) {
    EXPECT_THAT(decide(token).reason, Not(HasSubstr("topsecret")));
    EXPECT_THAT(decide(token).reason, Not(HasSubstr(token)));
  }
}

TEST_F(AuthenticatorTest, KeysThatCannotBeLoadedAreRefused) {
  options_.secret = {};
  options_.public_key_file = "/no/such/file.pem";

  const auto created = Authenticator::create(options_, 1, nullptr);

  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code, core::ErrorCode::kConfiguration);
}

// With a JWK set URL. The test is the refresher: what is asked for is answered by `answer_`.
class JwksAuthenticatorTest : public AuthenticatorTest {
 protected:
  JwksAuthenticatorTest() {
    options_.secret = {};
    options_.jwks_url = "https://id.example/keys";
    options_.claims.clear();
    create(keys_);
    keys_->attach([this] {
      ++asked_;
      io::asio::post(loop_.executor(), [this] { fetch(); });
    });
  }
  ~JwksAuthenticatorTest() override { keys_->detach(); }

  void fetch() {
    keys_->fetch_began();
    if (answer_) {
      keys_->fetch_succeeded(answer_, io::Clock::now());
    } else {
      keys_->fetch_failed();
    }
    keys_->fetch_ended(io::Clock::now());
  }
  void publish(std::string_view secret, std::string kid) {
    answer_ = std::make_shared<const jwt::KeySet>(jwt::KeySet(
        {{.key = crypto::VerificationKey::from_secret(secret), .kid = std::move(kid)}}));
  }
  static std::string token(std::string_view secret, std::string_view kid) {
    return mint(R"({"sub":"alice"})", secret,
                R"({"alg":"HS256","kid":")" + std::string(kid) + R"("})");
  }
  Decision retry(const std::string& token) {
    const std::string value = "Bearer " + token;
    const http::Fields fields = bearing(value);
    return support::run(loop_, authenticator_->retry(fields, "", loop_, io::kNever));
  }

  std::shared_ptr<jwt::JwksKeys> keys_ = std::make_shared<jwt::JwksKeys>(1h);
  std::shared_ptr<const jwt::KeySet> answer_;  // Null: the issuer is down.
  int asked_ = 0;
};

TEST_F(JwksAuthenticatorTest, AMissingTokenNeedsNoKeys) {
  const auto decision = authenticator_->decide({}, "", loop_, now_);

  ASSERT_TRUE(decision);
  EXPECT_EQ(decision->outcome, Outcome::kMissing);
  EXPECT_FALSE(authenticator_->has_keys());
}

TEST_F(JwksAuthenticatorTest, WithoutKeysNobodyCanSay) {
  const std::string good = token("one", "1");

  EXPECT_EQ(decide(good, loop_), std::nullopt);
  io::asio::post(loop_.executor(), [this] { fetch(); });
  const Decision decision = retry(good);

  EXPECT_EQ(decision.outcome, Outcome::kNoKeys);
  EXPECT_EQ(decision.principal, nullptr);
}

TEST_F(JwksAuthenticatorTest, TheFirstKeysAreWaitedFor) {
  publish("one", "1");
  io::asio::post(loop_.executor(), [this] { fetch(); });

  const Decision decision = retry(token("one", "1"));

  EXPECT_EQ(decision.outcome, Outcome::kAllowed);
  EXPECT_TRUE(authenticator_->has_keys());
}

TEST_F(JwksAuthenticatorTest, KnownKeysDecideAtOnce) {
  publish("one", "1");
  fetch();

  EXPECT_EQ(decide(token("one", "1")).outcome, Outcome::kAllowed);
  EXPECT_EQ(decide(token("two", "1")).reason, "bad_signature");
  EXPECT_EQ(decide("garbage").reason, "malformed");
  EXPECT_EQ(asked_, 0);
}

TEST_F(JwksAuthenticatorTest, AnUnknownKidIsAskedForOnce) {
  publish("one", "1");
  fetch();
  publish("two", "2");
  const std::string rotated = token("two", "2");
  EXPECT_EQ(decide(rotated, loop_), std::nullopt);

  const Decision decision = retry(rotated);

  EXPECT_EQ(decision.outcome, Outcome::kAllowed);
  EXPECT_EQ(decision.principal->subject, "alice");
  EXPECT_EQ(asked_, 1);
  EXPECT_EQ(decide(rotated).principal, decision.principal);
}

TEST_F(JwksAuthenticatorTest, AKidThatTheIssuerDoesNotKnowEitherIsInvalid) {
  publish("one", "1");
  fetch();
  const std::string stranger = token("three", "3");

  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(decide(stranger, loop_), std::nullopt);
    const Decision decision = retry(stranger);
    EXPECT_EQ(decision.outcome, Outcome::kInvalid);
    EXPECT_EQ(decision.reason, "unknown_kid");
  }
  EXPECT_EQ(asked_, 1) << "the cool-down lasts";
}

TEST_F(JwksAuthenticatorTest, AKeyThatNobodyNamesIsAskedForToo) {
  const auto publish_nameless = [this](std::string_view secret) {
    answer_ = std::make_shared<const jwt::KeySet>(
        jwt::KeySet({{.key = crypto::VerificationKey::from_secret(secret)}}));
  };
  publish_nameless("one");
  fetch();
  publish_nameless("two");
  const std::string rotated = token("two", "2");
  EXPECT_EQ(decide(rotated, loop_), std::nullopt);
  EXPECT_EQ(retry(rotated).outcome, Outcome::kAllowed);
  EXPECT_EQ(asked_, 1);

  const std::string stranger = mint(R"({"sub":"alice"})", "three", R"({"alg":"HS256"})");
  EXPECT_EQ(decide(stranger, loop_), std::nullopt);
  EXPECT_EQ(retry(stranger).reason, "bad_signature");
  EXPECT_EQ(asked_, 1) << "the cool-down lasts";
}

TEST_F(JwksAuthenticatorTest, ATokenWithoutAKidMayBeByANewKey) {
  publish("one", "1");
  fetch();
  publish("two", "2");
  const std::string nameless = mint(R"({"sub":"alice"})", "two", R"({"alg":"HS256"})");

  EXPECT_EQ(decide(nameless, loop_), std::nullopt);
  EXPECT_EQ(retry(nameless).outcome, Outcome::kAllowed);
  EXPECT_EQ(decide(token("wrong", "2")).reason, "bad_signature");
}

TEST_F(JwksAuthenticatorTest, OldKeysServeWhileTheIssuerIsDown) {
  publish("one", "1");
  fetch();
  answer_ = nullptr;

  EXPECT_EQ(retry(token("three", "3")).reason, "unknown_kid");
  EXPECT_EQ(decide(token("one", "1")).outcome, Outcome::kAllowed);
}

TEST_F(JwksAuthenticatorTest, RememberedTokensEndWithTheirKeys) {
  publish("one", "1");
  fetch();
  const std::string revoked = token("one", "1");
  EXPECT_EQ(decide(revoked).outcome, Outcome::kAllowed);
  EXPECT_EQ(decide(revoked, other_loop_)->outcome, Outcome::kAllowed);

  publish("new", "1");
  fetch();

  EXPECT_EQ(decide(revoked).reason, "bad_signature");
  EXPECT_EQ(decide(revoked, other_loop_)->reason, "bad_signature");
  EXPECT_EQ(decide(token("new", "1")).outcome, Outcome::kAllowed);
}

TEST_F(JwksAuthenticatorTest, RememberedTokensEndWhenTheKeysAreGivenUp) {
  publish("one", "1");
  fetch();
  EXPECT_EQ(decide(token("one", "1")).outcome, Outcome::kAllowed);

  keys_->give_up_keys();

  EXPECT_EQ(decide(token("one", "1"), loop_), std::nullopt);
  EXPECT_FALSE(authenticator_->has_keys());
}

}  // namespace
}  // namespace yatagarasu::auth
