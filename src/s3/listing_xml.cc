#include "s3/listing_xml.h"

#include <optional>
#include <pugixml.hpp>
#include <string_view>

namespace yatagarasu::s3 {

std::optional<Listing> parse_listing_xml(std::string_view body) {
  pugi::xml_document document;
  // A key may consist of spaces: nothing is trimmed.
  document.load_buffer(body.data(), body.size(),
                       pugi::parse_cdata | pugi::parse_escapes | pugi::parse_ws_pcdata,
                       pugi::encoding_utf8);
  const pugi::xml_node result = document.child("ListBucketResult");
  if (!result) return std::nullopt;
  Listing listing;
  const pugi::xml_node key = result.child("Contents").child("Key");
  if (key) listing.first_key = key.child_value();
  return listing;
}

}  // namespace yatagarasu::s3
