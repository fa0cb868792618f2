// part: s3
//
// The body of a failed answer: whatever it holds, what is taken from it is fit for a log. And a
// listing, whose first key is never longer than what it was taken from.

#include "s3/error_xml.h"
#include "s3/listing_xml.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

bool is_loggable(const std::string& text, std::size_t most) {
  return text.size() <= most && std::ranges::none_of(text, [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte < 0x20 || byte == 0x7f;
         });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const yatagarasu::s3::ErrorXml error = yatagarasu::s3::parse_error_xml(body);
  if (!is_loggable(error.code, 64) || !is_loggable(error.region, 64) ||
      !is_loggable(error.request_id, 64) || !is_loggable(error.message, 512)) {
    std::abort();
  }
  for (const int status : {301, 400, 403, 404, 416, 503}) {
    if (!is_loggable(yatagarasu::s3::classify(status, error).detail, 1024)) std::abort();
  }
  const auto listing = yatagarasu::s3::parse_listing_xml(body);
  if (listing && listing->first_key && listing->first_key->size() > size) std::abort();
  return 0;
}
