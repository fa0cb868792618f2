#pragma once

#include "core/result.h"
#include "io/tls_inspection.h"
#include "s3/diagnosis/finding.h"
#include "s3/diagnosis/subject.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

// What the way to a store comes down to, up to the first byte of HTTP. Pure.
namespace yatagarasu::s3::diagnosis {

// The texts of the addresses that the name has.
Finding judge_name(const Subject& subject, const core::Result<std::vector<std::string>>& resolved);

// An attempt to connect to one address.
struct Attempt {
  std::string address;
  std::optional<core::Error> failed;  // None: it was accepted.
};
Finding judge_connections(const Subject& subject, const std::vector<Attempt>& attempts);

// A certificate is to be renewed long before it ends.
inline constexpr std::chrono::days kCertificateWarning{14};

Finding judge_tls(const Subject& subject, const core::Result<io::TlsInspection>& inspected,
                  std::chrono::sys_seconds now);
Finding without_tls();

}  // namespace yatagarasu::s3::diagnosis
