#pragma once

#include "core/result.h"
#include "core/secret.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace yatagarasu::s3 {

// The body of a failed answer of S3. Fit for logs: no control characters, bounded lengths. A
// member that is missing, or not what it should be, is empty.
struct ErrorXml {
  std::string code;     // One word: "NoSuchKey".
  std::string message;  // For people.
  std::string region;   // Where the bucket is, in an answer from the wrong one.
  std::string request_id;
  std::optional<std::uint64_t> actual_object_size;  // In a 416.

  friend bool operator==(const ErrorXml&, const ErrorXml&) = default;
};

// A body beyond this is not looked at further; what S3 says fits ten times over.
inline constexpr std::size_t kMaxErrorXmlBytes = std::size_t{64} * 1024;

// Reads <Error>...</Error>, whole or cut off. Whatever else a body may be (nothing, HTML, noise)
// gives an empty ErrorXml. Entities of a document type are never expanded.
ErrorXml parse_error_xml(std::string_view body);

// The same with `***` for each secret: a store may repeat what it was sent or what it knows.
ErrorXml without_secrets(ErrorXml error, std::span<const core::Secret> secrets);

// What an answer with `status` (none of those that mean success) and that body comes down to: the
// table of errors in the HTTP specification. `detail` says what S3 said.
core::Error classify(int status, const ErrorXml& error);

}  // namespace yatagarasu::s3
