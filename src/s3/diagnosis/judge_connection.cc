#include "s3/diagnosis/judge_connection.h"

#include "core/result.h"
#include "http/date.h"
#include "io/tls_inspection.h"
#include "io/tls_verdict.h"
#include "s3/diagnosis/finding.h"
#include "s3/diagnosis/subject.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::s3::diagnosis {
namespace {

bool has_bucket_in_host(const Subject& subject) {
  return subject.address.path_prefix.empty();
}

// The key of the configuration that the host's name comes from.
std::string_view source_of_host(const Subject& subject) {
  return subject.is_aws() ? "s3.region" : "s3.endpoint";
}

std::string fix_name(const Subject& subject, core::ErrorCode code) {
  if (code == core::ErrorCode::kOriginTimeout) {
    return "see that the name servers in /etc/resolv.conf can be reached from here";
  }
  if (subject.is_aws()) {
    return fmt::format(
        "see that s3.region, {}, is a region of AWS; if it is, see to the name servers in "
        "/etc/resolv.conf",
        subject.options.region);
  }
  if (has_bucket_in_host(subject)) {
    return "set s3.addressing to path unless the store has a name in DNS for each bucket; then "
           "see to the host in s3.endpoint";
  }
  return "correct the host in s3.endpoint, or make this machine's DNS (/etc/hosts, "
         "/etc/resolv.conf) know it";
}

std::string fix_connection(const Subject& subject, const core::Error& error) {
  const std::uint16_t port = subject.address.port;
  if (error.code == core::ErrorCode::kOriginTimeout) {
    return fmt::format(
        "nothing came back within s3.timeouts.connect ({} ms): see to firewalls, security groups "
        "and routes between here and port {}",
        subject.options.timeouts.connect.count(), port);
  }
  if (error.detail.find("refused") != std::string::npos) {
    return fmt::format(
        "nothing listens on port {} there: see that the store runs, and correct the port in "
        "s3.endpoint",
        port);
  }
  return "see to the routes and the firewall of this machine";
}

std::string fix_certificate(const Subject& subject, const io::TlsInspection& seen) {
  switch (seen.fault) {
    case io::CertificateFault::kExpired:
      return "renew the store's certificate (or correct this machine's clock, if it is that)";
    case io::CertificateFault::kNotYetValid:
      return "correct this machine's clock, or the store's certificate";
    case io::CertificateFault::kOtherName:
      if (has_bucket_in_host(subject)) {
        return "set s3.addressing to path: the bucket's name is part of the host's, which the "
               "certificate does not cover";
      }
      return fmt::format("name the store in {} as its certificate does, or give it one for {}",
                         source_of_host(subject), subject.address.connect_host);
    case io::CertificateFault::kUnknownIssuer:
      if (!subject.options.tls.ca_file.empty()) {
        return fmt::format("put the certificate of the authority that issued it into {}",
                           subject.options.tls.ca_file);
      }
      return "name a PEM file with the authority that issued it in s3.tls.ca_file, or add it to "
             "this machine's authorities (update-ca-certificates)";
    case io::CertificateFault::kNone:
    case io::CertificateFault::kOther: break;
  }
  return "correct the store's certificate";
}

std::string fix_handshake(const core::Error& error) {
  if (error.code == core::ErrorCode::kConfiguration) return "correct s3.tls.ca_file";
  if (error.code == core::ErrorCode::kOriginTimeout) {
    return "see that the port in s3.endpoint speaks TLS and the store is not overloaded; else "
           "raise s3.timeouts.connect";
  }
  // What OpenSSL makes of an answer in plain text.
  if (error.detail.find("wrong version number") != std::string::npos ||
      error.detail.find("packet length too long") != std::string::npos) {
    return "the port does not speak TLS: write http:// in s3.endpoint, or name the port that does";
  }
  return "see that the port in s3.endpoint speaks TLS 1.2 or newer";
}

std::string issued(const io::TlsInspection& seen) {
  return fmt::format(
      "for {}, issued by {}",
      seen.names.empty() ? "no name" : fmt::format("{}", fmt::join(seen.names, ", ")), seen.issuer);
}

}  // namespace

Finding judge_name(const Subject& subject, const core::Result<std::vector<std::string>>& resolved) {
  if (!resolved) {
    return failure(Check::kName, resolved.error().detail, fix_name(subject, resolved.error().code));
  }
  const std::string& host = subject.address.connect_host;
  if (resolved->size() == 1 && resolved->front() == host) {
    return ok(Check::kName, host + " is an address");
  }
  return ok(Check::kName, fmt::format("{} has {}", host, fmt::join(*resolved, ", ")));
}

Finding judge_connections(const Subject& subject, const std::vector<Attempt>& attempts) {
  std::vector<std::string> failures;
  const core::Error* first = nullptr;
  for (const Attempt& attempt : attempts) {
    if (!attempt.failed) continue;
    failures.push_back(fmt::format("{}: {}", attempt.address, attempt.failed->detail));
    if (first == nullptr) first = &*attempt.failed;
  }
  const std::uint16_t port = subject.address.port;
  const std::size_t accepted = attempts.size() - failures.size();
  if (first == nullptr) {
    return ok(Check::kConnection, fmt::format("port {} accepts connections", port));
  }
  const std::string cause = fmt::format("{}", fmt::join(failures, "; "));
  if (accepted == 0) {
    return failure(Check::kConnection, cause, fix_connection(subject, *first));
  }
  return warning(Check::kConnection,
                 fmt::format("{} of {} addresses accept connections on port {}; {}", accepted,
                             attempts.size(), port, cause),
                 "requests go to the others, some after a vain attempt: mend that address or take "
                 "it out of DNS");
}

Finding judge_tls(const Subject& subject, const core::Result<io::TlsInspection>& inspected,
                  std::chrono::sys_seconds now) {
  if (!inspected) {
    return failure(Check::kTls, inspected.error().detail, fix_handshake(inspected.error()));
  }
  const io::TlsInspection& seen = *inspected;
  if (!subject.options.tls.verify) {
    return warning(Check::kTls, seen.protocol + "; the certificate is not looked at",
                   "set s3.tls.verify to true, with s3.tls.ca_file for an authority of your own: "
                   "as it is, whoever can redirect connections reads and changes everything");
  }
  const std::string until = http::format_date(seen.valid_until);
  if (seen.fault != io::CertificateFault::kNone) {
    return failure(
        Check::kTls,
        fmt::format("{}; it is {}, valid until {}", seen.fault_detail, issued(seen), until),
        fix_certificate(subject, seen));
  }
  const auto days = std::chrono::floor<std::chrono::days>(seen.valid_until - now);
  if (days < kCertificateWarning) {
    return warning(Check::kTls,
                   fmt::format("{}; the certificate ends in {} days, on {}", seen.protocol,
                               days.count(), until),
                   "renew the store's certificate");
  }
  return ok(Check::kTls, fmt::format("{}; the certificate is {}, valid until {}", seen.protocol,
                                     issued(seen), until));
}

Finding without_tls() {
  return skipped(Check::kTls, "the endpoint is plain http");
}

}  // namespace yatagarasu::s3::diagnosis
