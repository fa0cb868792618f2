#pragma once

#include "s3/error_xml.h"

#include <cstdint>

namespace yatagarasu::s3::diagnosis {

// What an answer of S3 says about the requests to come, by who has to mend what.
enum class Refusal : std::uint8_t {
  kNone,  // It is no refusal.
  // The credentials.
  kUnknownKey,     // No such access key.
  kWrongSecret,    // The signature is another one.
  kExpiredToken,   // Temporary credentials at their end.
  kInvalidToken,   // A session token that is none, or of other credentials.
  kClosedAccount,  // The key or its account is switched off.
  // What is signed besides.
  kClock,
  kRegion,
  // What is asked for.
  kNoBucket,
  kInvalidBucketName,
  kNoObject,
  kArchived,  // The object must be restored before it can be read.
  kDenied,    // The credentials are good, and may not.
  // The store.
  kOverloaded,
  kFailing,
  kForeign,  // Whoever answered does not speak S3.
  kOther,    // A code that is not known here.
};

Refusal refusal_of(int status, const ErrorXml& error);

// Nothing else can be told before this is mended.
bool is_final(Refusal refusal);

}  // namespace yatagarasu::s3::diagnosis
