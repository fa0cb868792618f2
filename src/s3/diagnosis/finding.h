#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::s3::diagnosis {

// What is looked at of a bucket, in this order: each stands on those before it.
enum class Check : std::uint8_t {
  kName,         // DNS.
  kConnection,   // TCP.
  kTls,          // Handshake and certificate.
  kAnswer,       // Somebody answers who speaks S3.
  kClock,        // Ours against S3's.
  kCredentials,  // S3 knows the key, and the signature fits.
  kRegion,       // The one that is signed for is the bucket's.
  kBucket,       // It exists.
  kListBucket,   // s3:ListBucket.
  kGetObject,    // s3:GetObject.
  kIndexDocument,
};

enum class Outcome : std::uint8_t {
  kOk,
  kSkipped,  // It could not be asked, or there is nothing to ask.
  kWarning,  // Works, but not as well as it could.
  kFailure,  // Requests to the bucket fail until this is mended.
};

// What became of one check. Texts are for people; parts of them come from the other side, so
// whoever prints them escapes what a terminal would act on. They hold no secrets.
struct Finding {
  Check check = Check::kName;
  Outcome outcome = Outcome::kOk;
  std::string cause;  // What was found.
  std::string fix;    // What to do about it; for warnings and failures.

  friend bool operator==(const Finding&, const Finding&) = default;
};

// "dns", "tcp", ..., "GetObject".
std::string_view name_of(Check check);
// "ok", "skipped", "warn", "FAIL".
std::string_view name_of(Outcome outcome);

Finding ok(Check check, std::string cause);
Finding skipped(Check check, std::string cause);
Finding warning(Check check, std::string cause, std::string fix);
Finding failure(Check check, std::string cause, std::string fix);

// The gravest of them; kOk when there is none.
Outcome gravest(const std::vector<Finding>& findings);

// Names every check up to `last` that is missing as skipped, because of the last one that failed.
void skip_missing(std::vector<Finding>& findings, Check last);

}  // namespace yatagarasu::s3::diagnosis
