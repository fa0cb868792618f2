#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::devs3 {

// An S3 error as it is sent: a status and what its XML says.
struct S3Error {
  using Details = std::vector<std::pair<std::string, std::string>>;

  int status = 500;
  std::string code;
  std::string message;
  Details details;  // Further elements, in order.
};

// The document S3 sends with an error.
std::string to_xml(const S3Error& error, std::string_view resource, std::string_view request_id);

// Appends <name>text</name>, or the text alone, with everything escaped that XML or a reader's
// white-space rules would change. Control characters become references, as S3 writes them.
void append_element(std::string& xml, std::string_view name, std::string_view text);
void append_text(std::string& xml, std::string_view text);

}  // namespace yatagarasu::devs3
