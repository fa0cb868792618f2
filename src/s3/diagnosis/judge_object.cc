#include "s3/diagnosis/judge_object.h"

#include "s3/diagnosis/answer.h"
#include "s3/diagnosis/finding.h"
#include "s3/diagnosis/refusal.h"
#include "s3/diagnosis/subject.h"

#include <fmt/core.h>

#include <string>

namespace yatagarasu::s3::diagnosis {
namespace {

std::string allow_reading(const Subject& subject) {
  return fmt::format("allow s3:GetObject on arn:aws:s3:::{}/{}*{}", subject.options.bucket,
                     subject.options.key_prefix,
                     subject.is_signed()
                         ? " to these credentials (and kms:Decrypt, where objects have a KMS key)"
                         : " to everybody, or give the bucket credentials");
}

Finding judge_denied(const Subject& subject, const Tried& tried, const Answer& answer,
                     MayList may_list) {
  const std::string cause = fmt::format("{}: {}", tried.key, answer.said());
  if (may_list == MayList::kYes || tried.kind == Tried::Kind::kListed) {
    return failure(Check::kGetObject, cause, allow_reading(subject));
  }
  if (tried.kind == Tried::Kind::kNamed) {
    return failure(Check::kGetObject, cause,
                   allow_reading(subject) +
                       "; or the object is not there, which S3 does not tell "
                       "without s3:ListBucket");
  }
  return warning(Check::kGetObject,
                 "cannot be told: S3 denies an object that does not exist, for want of "
                 "s3:GetObject or of s3:ListBucket",
                 "allow s3:ListBucket, or name an object that exists with --key");
}

Finding judge_missing(const Tried& tried, const Answer& answer) {
  switch (tried.kind) {
    case Tried::Kind::kMadeUp:
      return ok(Check::kGetObject, "an object that does not exist is answered with NoSuchKey");
    case Tried::Kind::kListed:
      return ok(Check::kGetObject, tried.key + " has gone since it was listed");
    case Tried::Kind::kNamed: break;
  }
  return failure(Check::kGetObject, fmt::format("{}: {}", tried.key, answer.said()),
                 "name an object that exists: a key without s3.key_prefix");
}

}  // namespace

Finding judge_object(const Subject& subject, const Tried& tried, const Asked& asked,
                     MayList may_list) {
  if (!asked) {
    return failure(Check::kGetObject, fmt::format("{}: {}", tried.key, asked.error().detail),
                   "ask again; if it stays so, look into the store's own log");
  }
  switch (asked->refusal()) {
    case Refusal::kNone: return ok(Check::kGetObject, tried.key + " can be read");
    case Refusal::kNoObject: return judge_missing(tried, *asked);
    case Refusal::kDenied: return judge_denied(subject, tried, *asked, may_list);
    case Refusal::kArchived:
      return warning(Check::kGetObject, fmt::format("{}: {}", tried.key, asked->said()),
                     "restore archived objects before they are asked for");
    case Refusal::kNoBucket:
      return failure(Check::kGetObject, asked->said(), "correct s3.bucket, or make the bucket");
    case Refusal::kUnknownKey:
    case Refusal::kWrongSecret:
    case Refusal::kExpiredToken:
    case Refusal::kInvalidToken:
    case Refusal::kClosedAccount:
    case Refusal::kClock:
    case Refusal::kRegion:
    case Refusal::kInvalidBucketName:
    case Refusal::kOverloaded:
    case Refusal::kFailing:
    case Refusal::kForeign:
    case Refusal::kOther: break;
  }
  return failure(Check::kGetObject, fmt::format("{}: {}", tried.key, asked->said()),
                 "see what the code means in the store's documentation");
}

Finding judge_index(const std::string& key, const Asked& asked) {
  if (asked && asked->refusal() == Refusal::kNone) {
    return ok(Check::kIndexDocument, key + " is there");
  }
  const std::string cause =
      fmt::format("{}: {}", key, asked ? asked->said() : asked.error().detail);
  return warning(Check::kIndexDocument, cause,
                 "store it, or take index_document out: requests for / are answered with an error "
                 "until then");
}

}  // namespace yatagarasu::s3::diagnosis
