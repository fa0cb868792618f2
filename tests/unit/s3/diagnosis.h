#pragma once

#include "core/secret.h"
#include "s3/addressing.h"
#include "s3/diagnosis/answer.h"
#include "s3/diagnosis/finding.h"
#include "s3/diagnosis/subject.h"
#include "s3/options.h"

#include <chrono>
#include <ostream>
#include <string>

namespace yatagarasu::s3::diagnosis {

inline constexpr std::chrono::sys_seconds kNow =
    std::chrono::sys_days(std::chrono::year(2026) / 3 / 4) + std::chrono::hours(5);

// A bucket with credentials behind http://store.test:9000.
inline Subject subject_of(Options options) {
  Address address = resolve_address(options).value();
  return {.options = std::move(options),
          .address = std::move(address),
          .index_key = {},
          .key = std::nullopt};
}
inline Options own_store() {
  Options options;
  options.bucket = "inner";
  options.region = "us-east-1";
  options.endpoint = "http://store.test:9000";
  options.access_key = core::Secret("AKIATEST");
  options.secret_key = core::Secret("SECRET");
  return options;
}
inline Options aws() {
  Options options = own_store();
  options.endpoint.clear();
  return options;
}
inline Options unsigned_store() {
  Options options = own_store();
  options.access_key = {};
  options.secret_key = {};
  return options;
}

inline Answer refused(int status, std::string code, std::string region = {}) {
  Answer answer;
  answer.status = status;
  answer.error.code = std::move(code);
  answer.error.region = std::move(region);
  answer.date = kNow;
  answer.received = kNow;
  return answer;
}
inline Answer listed(std::optional<std::string> first_key = "a.txt") {
  Answer answer = refused(200, "");
  answer.listing = Listing{.first_key = std::move(first_key)};
  return answer;
}

inline void PrintTo(const Finding& finding, std::ostream* out) {
  *out << name_of(finding.check) << ' ' << name_of(finding.outcome) << ": " << finding.cause
       << " / " << finding.fix;
}

}  // namespace yatagarasu::s3::diagnosis
