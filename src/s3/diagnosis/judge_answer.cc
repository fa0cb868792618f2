#include "s3/diagnosis/judge_answer.h"

#include "core/result.h"
#include "s3/diagnosis/answer.h"
#include "s3/diagnosis/finding.h"
#include "s3/diagnosis/refusal.h"
#include "s3/diagnosis/subject.h"

#include <fmt/core.h>

#include <chrono>
#include <string>
#include <string_view>

namespace yatagarasu::s3::diagnosis {
namespace {

constexpr std::string_view kAnotherReason = "cannot be told: S3 refused for another reason";

std::string fix_silence(const Subject& subject, core::ErrorCode code) {
  if (code == core::ErrorCode::kOriginTimeout) {
    return fmt::format(
        "see that the port in s3.endpoint is the one of the S3 API, and why the store is slow; it "
        "may have longer by s3.timeouts.first_byte ({} ms)",
        subject.options.timeouts.first_byte.count());
  }
  if (!subject.address.uses_tls) {
    return "see that the port in s3.endpoint is the one of the S3 API; write https:// there if it "
           "speaks TLS";
  }
  return "see that the port in s3.endpoint is the one of the S3 API";
}

// "3 min", or "75 s" where that says more.
std::string in_words(std::chrono::seconds time) {
  if (time < std::chrono::minutes(2)) return fmt::format("{} s", time.count());
  return fmt::format("{} min", std::chrono::floor<std::chrono::minutes>(time).count());
}

std::string fix_unknown_key(const Subject& subject) {
  std::string fix =
      "correct s3.access_key: it may be mistyped, deleted, switched off, or of another store";
  // AWS: the ids of temporary credentials begin so.
  if (subject.options.access_key.reveal().starts_with("ASIA") &&
      subject.options.session_token.empty()) {
    fix += "; it is one of temporary credentials, which need their s3.session_token";
  }
  return fix;
}

std::string fix_token(const Subject& subject) {
  if (subject.options.session_token.empty()) {
    return "set s3.session_token: s3.access_key is one of temporary credentials";
  }
  return "correct s3.session_token: it must be the one given out with s3.access_key, and must be "
         "left out with a key that is not temporary";
}

// In which region requests are signed, and why in that.
std::string signed_for(const Subject& subject) {
  const std::string& region = subject.address.signing_region;
  return subject.options.region.empty() ? region + " (as s3.region is not set)" : region;
}

std::string fix_region(const Subject& subject, const std::string& region) {
  std::string fix = "set s3.region to " + region;
  if (!subject.is_aws()) fix += ", and s3.endpoint to that region's if it names another";
  return fix;
}

}  // namespace

Finding judge_answer(const Subject& subject, const Asked& asked) {
  if (!asked) {
    return failure(Check::kAnswer, asked.error().detail, fix_silence(subject, asked.error().code));
  }
  const Refusal refusal = asked->refusal();
  if (refusal == Refusal::kOverloaded) {
    return failure(Check::kAnswer, asked->said(), "ask again later: the store has too much to do");
  }
  if (refusal == Refusal::kFailing) {
    return failure(Check::kAnswer, asked->said(), "look into the store's own log");
  }
  if (refusal == Refusal::kForeign || (refusal == Refusal::kNone && !asked->listing)) {
    return failure(
        Check::kAnswer,
        fmt::format("{} answered {}, and not as S3 does", subject.address.host, asked->status),
        fix_silence(subject, core::ErrorCode::kOriginMalformed));
  }
  return ok(Check::kAnswer, subject.address.host + " speaks S3");
}

Finding judge_clock(const Subject& subject, const Answer& answer) {
  static constexpr std::string_view kFix =
      "set this machine's clock, and see that a time service (chrony, systemd-timesyncd) keeps it";
  const bool is_refused = answer.refusal() == Refusal::kClock;
  if (!answer.date) {
    if (is_refused) return failure(Check::kClock, answer.said(), std::string(kFix));
    return skipped(Check::kClock, "the answer has no Date");
  }
  const std::chrono::seconds ahead = answer.received - *answer.date;
  const std::chrono::seconds skew = std::chrono::abs(ahead);
  const std::string cause =
      fmt::format("this machine's clock is {} {} S3's", in_words(skew),
                  ahead > std::chrono::seconds::zero() ? "ahead of" : "behind");
  if (is_refused) {
    return failure(Check::kClock, fmt::format("{}; {}", cause, answer.said()), std::string(kFix));
  }
  if (skew > kSkewFailure && subject.is_signed()) {
    return failure(Check::kClock, cause + "; S3 refuses signatures from 15 min on",
                   std::string(kFix));
  }
  if (skew > kSkewWarning) return warning(Check::kClock, cause, std::string(kFix));
  return ok(Check::kClock, "within a minute of S3's");
}

Finding judge_credentials(const Subject& subject, const Answer& answer) {
  if (!subject.is_signed()) {
    return skipped(Check::kCredentials, "the bucket has none: requests go unsigned");
  }
  switch (answer.refusal()) {
    case Refusal::kUnknownKey:
      return failure(Check::kCredentials, answer.said(), fix_unknown_key(subject));
    case Refusal::kWrongSecret:
      return failure(
          Check::kCredentials, answer.said(),
          "correct s3.secret_key: it is not the one of s3.access_key (a part missing, "
          "white space, another key's); if it is, something on the way changes requests");
    case Refusal::kExpiredToken:
      return failure(Check::kCredentials, answer.said(),
                     "get new temporary credentials: s3.access_key, s3.secret_key and "
                     "s3.session_token together");
    case Refusal::kInvalidToken:
      return failure(Check::kCredentials, answer.said(), fix_token(subject));
    case Refusal::kClosedAccount:
      return failure(Check::kCredentials, answer.said(),
                     "switch the access key, or the account it belongs to, on again");
    case Refusal::kClock: return skipped(Check::kCredentials, "S3 looks at the clock first");
    case Refusal::kRegion: return skipped(Check::kCredentials, "S3 looks at the region first");
    case Refusal::kOther: return skipped(Check::kCredentials, std::string(kAnotherReason));
    case Refusal::kNone:
    case Refusal::kNoBucket:
    case Refusal::kInvalidBucketName:
    case Refusal::kNoObject:
    case Refusal::kArchived:
    case Refusal::kDenied:
    case Refusal::kOverloaded:
    case Refusal::kFailing:
    case Refusal::kForeign: break;
  }
  return ok(Check::kCredentials, "S3 takes the access key and the signature");
}

Finding judge_region(const Subject& subject, const Answer& answer) {
  const std::string& actual = answer.error.region;
  const bool is_refused = answer.refusal() == Refusal::kRegion;
  if (is_refused && actual.empty()) {
    return failure(Check::kRegion, answer.said(),
                   fmt::format("set s3.region to the bucket's; its owner sees it by: aws s3api "
                               "get-bucket-location --bucket {}",
                               subject.options.bucket));
  }
  if (is_refused || (!actual.empty() && actual != subject.address.signing_region)) {
    const std::string cause =
        fmt::format("the bucket is in {}, requests are for {}", actual, signed_for(subject));
    if (is_refused) return failure(Check::kRegion, cause, fix_region(subject, actual));
    return warning(Check::kRegion, cause + ", which the store lets pass",
                   fix_region(subject, actual));
  }
  if (!actual.empty()) return ok(Check::kRegion, "the bucket is in " + actual);
  if (!subject.is_signed()) return skipped(Check::kRegion, "unsigned requests name none");
  if (is_final(answer.refusal()) && answer.refusal() != Refusal::kNoBucket) {
    return skipped(Check::kRegion, std::string(kAnotherReason));
  }
  return ok(Check::kRegion, "S3 takes signatures for " + signed_for(subject));
}

Finding judge_bucket(const Subject& subject, const Answer& answer) {
  const std::string& bucket = subject.options.bucket;
  switch (answer.refusal()) {
    case Refusal::kNone: return ok(Check::kBucket, bucket + " exists");
    case Refusal::kNoBucket:
      return failure(Check::kBucket, answer.said(),
                     fmt::format("correct s3.bucket, {}, or make the bucket; buckets of another "
                                 "store or account are behind another s3.endpoint or key",
                                 bucket));
    case Refusal::kInvalidBucketName:
      return failure(Check::kBucket, answer.said(),
                     fmt::format("correct s3.bucket: no bucket can be called {}", bucket));
    case Refusal::kDenied:
      return skipped(Check::kBucket, "S3 does not tell those who may not list it");
    case Refusal::kUnknownKey:
    case Refusal::kWrongSecret:
    case Refusal::kExpiredToken:
    case Refusal::kInvalidToken:
    case Refusal::kClosedAccount:
    case Refusal::kClock:
    case Refusal::kRegion:
    case Refusal::kNoObject:
    case Refusal::kArchived:
    case Refusal::kOverloaded:
    case Refusal::kFailing:
    case Refusal::kForeign:
    case Refusal::kOther: break;
  }
  return skipped(Check::kBucket, std::string(kAnotherReason));
}

Finding judge_listing(const Subject& subject, const Answer& answer) {
  const std::string& prefix = subject.options.key_prefix;
  if (answer.refusal() == Refusal::kDenied) {
    const std::string_view who = subject.is_signed()
                                     ? "to these credentials"
                                     : "to everybody, or give the bucket credentials";
    return warning(Check::kListBucket, answer.said(),
                   fmt::format("allow s3:ListBucket on arn:aws:s3:::{} {}: without it a missing "
                               "object is answered with 403 instead of 404",
                               subject.options.bucket, who));
  }
  if (answer.refusal() != Refusal::kNone) {
    return failure(Check::kListBucket, answer.said(),
                   "see what the code means in the store's documentation");
  }
  if (answer.listing && answer.listing->first_key) {
    return ok(Check::kListBucket, "the first key is " + *answer.listing->first_key);
  }
  if (prefix.empty()) return ok(Check::kListBucket, "the bucket is empty");
  return warning(Check::kListBucket, "no key begins with " + prefix,
                 "correct s3.key_prefix, unless objects are still to come");
}

}  // namespace yatagarasu::s3::diagnosis
