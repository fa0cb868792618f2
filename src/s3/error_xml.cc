#include "s3/error_xml.h"

#include "core/result.h"
#include "core/secret.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <pugixml.hpp>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace yatagarasu::s3 {
namespace {

using core::ErrorCode;

constexpr std::size_t kMaxWord = 64;
constexpr std::size_t kMaxMessage = 512;

// A code, region or id: it ends up in logs and metrics, so anything odd is left out.
std::string word(const pugi::xml_node& error, const char* name) {
  const std::string_view text = error.child_value(name);
  const bool is_word = text.size() <= kMaxWord && std::ranges::all_of(text, [](char c) {
                         return c > ' ' && c < '\x7f' && c != '"' && c != '<' && c != '>';
                       });
  return is_word ? std::string(text) : std::string();
}

std::string sentence(const pugi::xml_node& error, const char* name) {
  std::string text(std::string_view(error.child_value(name)).substr(0, kMaxMessage));
  std::ranges::replace_if(text, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; }, ' ');
  return text;
}

std::optional<std::uint64_t> number(const pugi::xml_node& error, const char* name) {
  const std::string_view text = error.child_value(name);
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || problem != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

struct KnownCode {
  std::string_view name;
  ErrorCode means;
};

// Codes whose status alone would say something else, or that come with several. Those of MinIO,
// Ceph and versitygw are among them.
constexpr auto kKnownCodes = std::to_array<KnownCode>({
    {"AccessDenied", ErrorCode::kForbidden},
    {"AllAccessDisabled", ErrorCode::kForbidden},
    {"NoSuchBucket", ErrorCode::kNotFound},
    {"NoSuchKey", ErrorCode::kNotFound},
    {"NoSuchVersion", ErrorCode::kNotFound},
    {"InvalidRange", ErrorCode::kRangeNotSatisfiable},
    {"PreconditionFailed", ErrorCode::kPreconditionFailed},
    // Credentials.
    {"AccessKeyDisabled", ErrorCode::kOriginRefusesUs},
    {"AccountProblem", ErrorCode::kOriginRefusesUs},
    {"CredentialsNotSupported", ErrorCode::kOriginRefusesUs},
    {"ExpiredToken", ErrorCode::kOriginRefusesUs},
    {"InvalidAccessKeyId", ErrorCode::kOriginRefusesUs},
    {"InvalidClientTokenId", ErrorCode::kOriginRefusesUs},
    {"InvalidSecurity", ErrorCode::kOriginRefusesUs},
    {"InvalidToken", ErrorCode::kOriginRefusesUs},
    {"NotSignedUp", ErrorCode::kOriginRefusesUs},
    {"TokenRefreshRequired", ErrorCode::kOriginRefusesUs},
    {"XAdminUserNotFound", ErrorCode::kOriginRefusesUs},
    {"XMinioAdminNoSuchUser", ErrorCode::kOriginRefusesUs},
    // Signature and clock.
    {"AuthorizationHeaderMalformed", ErrorCode::kOriginRefusesUs},
    {"MissingSecurityHeader", ErrorCode::kOriginRefusesUs},
    {"RequestExpired", ErrorCode::kOriginRefusesUs},
    {"RequestTimeTooSkewed", ErrorCode::kOriginRefusesUs},
    {"SignatureDoesNotMatch", ErrorCode::kOriginRefusesUs},
    {"XAmzContentSHA256Mismatch", ErrorCode::kOriginRefusesUs},
    // Region.
    {"IllegalLocationConstraintException", ErrorCode::kOriginRefusesUs},
    {"InvalidRegion", ErrorCode::kOriginRefusesUs},
    {"PermanentRedirect", ErrorCode::kOriginRefusesUs},
    {"Redirect", ErrorCode::kOriginRefusesUs},
    {"TemporaryRedirect", ErrorCode::kOriginRefusesUs},
    // Load.
    {"RequestLimitExceeded", ErrorCode::kOriginOverloaded},
    {"ServerBusy", ErrorCode::kOriginOverloaded},
    {"ServiceUnavailable", ErrorCode::kOriginOverloaded},
    {"SlowDown", ErrorCode::kOriginOverloaded},
    {"SlowDownRead", ErrorCode::kOriginOverloaded},
    {"SlowDownWrite", ErrorCode::kOriginOverloaded},
    {"Throttling", ErrorCode::kOriginOverloaded},
    {"ThrottlingException", ErrorCode::kOriginOverloaded},
    {"TooManyRequests", ErrorCode::kOriginOverloaded},
    // S3 waited too long for us to go on with the connection.
    {"RequestTimeout", ErrorCode::kOriginTimeout},
    {"InternalError", ErrorCode::kOriginFailed},
});

std::optional<ErrorCode> by_code(std::string_view code) {
  const auto* const known = std::ranges::find(kKnownCodes, code, &KnownCode::name);
  if (known == kKnownCodes.end()) return std::nullopt;
  return known->means;
}

ErrorCode by_status(int status) {
  switch (status) {
    // S3 sends no Location that could be followed: the bucket is in another region.
    case 301:
    case 307:
    case 308:
    case 401: return ErrorCode::kOriginRefusesUs;
    case 400: return ErrorCode::kInvalidRequest;
    case 403: return ErrorCode::kForbidden;
    case 404:
    // S3 answers 405 for a version that is a delete marker: the object is not there.
    case 405: return ErrorCode::kNotFound;
    case 408: return ErrorCode::kOriginTimeout;
    case 412: return ErrorCode::kPreconditionFailed;
    case 414: return ErrorCode::kUriTooLong;
    case 416: return ErrorCode::kRangeNotSatisfiable;
    case 429:
    case 503: return ErrorCode::kOriginOverloaded;
    default:
      return status >= 500 && status <= 599 ? ErrorCode::kOriginFailed
                                            : ErrorCode::kOriginMalformed;
  }
}

ErrorCode code_for(int status, const ErrorXml& error) {
  const std::optional<ErrorCode> known = by_code(error.code);
  // A server that failed cannot also say that the client or we are to blame; only the reason of
  // its failure is taken from the body.
  if (status >= 500 && known != ErrorCode::kOriginOverloaded) return by_status(status);
  // Success and the informational have no error to tell.
  if (status < 300) return ErrorCode::kOriginMalformed;
  if (known) return *known;
  // The answer to a HEAD has no code. S3 names the bucket's region in a 400 only when it is not
  // the one that was signed for.
  if (status == 400 && error.code.empty() && !error.region.empty()) {
    return ErrorCode::kOriginRefusesUs;
  }
  return by_status(status);
}

}  // namespace

ErrorXml parse_error_xml(std::string_view body) {
  body = body.substr(0, kMaxErrorXmlBytes);
  pugi::xml_document document;
  // Without parse_doctype a DTD is skipped over. The result does not matter: the part of a body
  // that came before it was cut is in the document all the same.
  document.load_buffer(body.data(), body.size(),
                       pugi::parse_cdata | pugi::parse_escapes | pugi::parse_trim_pcdata,
                       pugi::encoding_utf8);
  const pugi::xml_node error = document.child("Error");
  return {.code = word(error, "Code"),
          .message = sentence(error, "Message"),
          .region = word(error, "Region"),
          .request_id = word(error, "RequestId"),
          .actual_object_size = number(error, "ActualObjectSize")};
}

ErrorXml without_secrets(ErrorXml error, std::span<const core::Secret> secrets) {
  for (std::string* const text : {&error.code, &error.message, &error.region, &error.request_id}) {
    *text = core::hide(std::move(*text), secrets);
  }
  return error;
}

core::Error classify(int status, const ErrorXml& error) {
  std::string detail = "S3 answered " + std::to_string(status);
  if (!error.code.empty()) detail += " " + error.code;
  if (!error.message.empty()) detail += ": " + error.message;
  const ErrorCode code = code_for(status, error);
  if (code == ErrorCode::kOriginRefusesUs && !error.region.empty()) {
    detail += " (the bucket is in region " + error.region + ")";
  }
  return {.code = code, .detail = std::move(detail)};
}

}  // namespace yatagarasu::s3
