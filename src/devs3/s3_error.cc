#include "devs3/s3_error.h"

#include <fmt/core.h>

#include <string>
#include <string_view>

namespace yatagarasu::devs3 {

void append_text(std::string& xml, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&': xml += "&amp;"; continue;
      case '<': xml += "&lt;"; continue;
      case '>': xml += "&gt;"; continue;
      case '"': xml += "&quot;"; continue;
      case '\'': xml += "&apos;"; continue;
      default: break;
    }
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      xml += fmt::format("&#x{:X};", byte);
    } else {
      xml += c;
    }
  }
}

void append_element(std::string& xml, std::string_view name, std::string_view text) {
  xml.append(1, '<').append(name).append(1, '>');
  append_text(xml, text);
  xml.append("</").append(name).append(1, '>');
}

std::string to_xml(const S3Error& error, std::string_view resource, std::string_view request_id) {
  std::string xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>";
  append_element(xml, "Code", error.code);
  append_element(xml, "Message", error.message);
  for (const auto& [name, text] : error.details) append_element(xml, name, text);
  append_element(xml, "Resource", resource);
  append_element(xml, "RequestId", request_id);
  xml += "</Error>";
  return xml;
}

}  // namespace yatagarasu::devs3
