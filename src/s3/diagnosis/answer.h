#pragma once

#include "core/result.h"
#include "s3/diagnosis/refusal.h"
#include "s3/error_xml.h"
#include "s3/listing_xml.h"

#include <chrono>
#include <optional>
#include <string>

namespace yatagarasu::s3::diagnosis {

// What came back from one request to S3.
struct Answer {
  int status = 0;
  ErrorXml error;                  // Its region also where nothing failed, if S3 names it.
  std::optional<Listing> listing;  // Of the body of a success.
  std::optional<std::chrono::sys_seconds> date;  // S3's clock.
  std::chrono::sys_seconds received;             // Ours.

  Refusal refusal() const { return refusal_of(status, error); }
  // In words: "S3 answered 403 AccessDenied: ...".
  std::string said() const { return classify(status, error).detail; }
};

// Or why none did.
using Asked = core::Result<Answer>;

}  // namespace yatagarasu::s3::diagnosis
