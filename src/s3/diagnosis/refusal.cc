#include "s3/diagnosis/refusal.h"

#include "core/result.h"
#include "s3/error_xml.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace yatagarasu::s3::diagnosis {
namespace {

struct KnownCode {
  std::string_view name;
  Refusal means;
};

// Those of MinIO, Ceph and versitygw are among them.
constexpr auto kKnownCodes = std::to_array<KnownCode>({
    {"InvalidAccessKeyId", Refusal::kUnknownKey},
    {"InvalidClientTokenId", Refusal::kUnknownKey},
    {"XAdminUserNotFound", Refusal::kUnknownKey},
    {"XMinioAdminNoSuchUser", Refusal::kUnknownKey},
    {"SignatureDoesNotMatch", Refusal::kWrongSecret},
    {"ExpiredToken", Refusal::kExpiredToken},
    {"TokenRefreshRequired", Refusal::kExpiredToken},
    {"InvalidSecurity", Refusal::kInvalidToken},
    {"InvalidToken", Refusal::kInvalidToken},
    {"InvalidTokenId", Refusal::kInvalidToken},
    {"AccessKeyDisabled", Refusal::kClosedAccount},
    {"AccountProblem", Refusal::kClosedAccount},
    {"AllAccessDisabled", Refusal::kClosedAccount},
    {"NotSignedUp", Refusal::kClosedAccount},
    {"RequestExpired", Refusal::kClock},
    {"RequestTimeTooSkewed", Refusal::kClock},
    {"AuthorizationHeaderMalformed", Refusal::kRegion},
    {"IllegalLocationConstraintException", Refusal::kRegion},
    {"InvalidRegion", Refusal::kRegion},
    {"PermanentRedirect", Refusal::kRegion},
    {"Redirect", Refusal::kRegion},
    {"TemporaryRedirect", Refusal::kRegion},
    {"NoSuchBucket", Refusal::kNoBucket},
    {"InvalidBucketName", Refusal::kInvalidBucketName},
    {"NoSuchKey", Refusal::kNoObject},
    {"InvalidObjectState", Refusal::kArchived},
    {"AccessDenied", Refusal::kDenied},
});

}  // namespace

Refusal refusal_of(int status, const ErrorXml& error) {
  // 416: an empty object, asked for its first byte.
  if (status == 200 || status == 206 || status == 304 || status == 416) return Refusal::kNone;
  const auto* const known = std::ranges::find(kKnownCodes, error.code, &KnownCode::name);
  if (known != kKnownCodes.end()) return known->means;
  if (classify(status, error).code == core::ErrorCode::kOriginOverloaded) {
    return Refusal::kOverloaded;
  }
  if (status >= 500) return Refusal::kFailing;
  if (!error.code.empty()) return Refusal::kOther;
  // S3 names the region in its fields also where it says nothing else.
  return error.region.empty() ? Refusal::kForeign : Refusal::kRegion;
}

bool is_final(Refusal refusal) {
  switch (refusal) {
    case Refusal::kNone:
    case Refusal::kNoObject:
    case Refusal::kArchived:
    case Refusal::kDenied:
    case Refusal::kOther: return false;
    case Refusal::kUnknownKey:
    case Refusal::kWrongSecret:
    case Refusal::kExpiredToken:
    case Refusal::kInvalidToken:
    case Refusal::kClosedAccount:
    case Refusal::kClock:
    case Refusal::kRegion:
    case Refusal::kNoBucket:
    case Refusal::kInvalidBucketName:
    case Refusal::kOverloaded:
    case Refusal::kFailing:
    case Refusal::kForeign: return true;
  }
  return true;
}

}  // namespace yatagarasu::s3::diagnosis
