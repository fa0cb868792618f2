// part: http
//
// Whatever fields an answer has, and however the client limits its table meanwhile: its decoder
// reads the same fields.
//
// Each step is a byte: a limit of the table, the end of a block, or a field's name, and the next
// byte its value.

#include "core/ascii.h"
#include "http/codec/hpack_encoder.h"
#include "http/fields.h"
#include "support/hpack_decoder.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

using namespace yatagarasu::http;  // NOLINT(google-build-using-namespace)
using yatagarasu::support::HpackDecoder;

class Conversation {
 public:
  void limit(std::uint32_t bytes) {
    // Between two blocks, as SETTINGS are.
    if (!said_.empty()) end_block();
    encoder_.limit_table(bytes);
    decoder_.limit_table(bytes);
  }

  void field(std::size_t name, std::size_t value) {
    constexpr std::array kStatic = {"ETag", "Age", "Content-Type", "Link"};
    const std::string text =
        name < kStatic.size()
            ? kStatic[name]
            : "X-" + std::string(1 + name / 16, static_cast<char>('a' + name % 16));
    const std::size_t size = value < 128 ? value % 8 : (value - 128) * 64;
    std::string content(size, static_cast<char>('A' + value % 8));
    if (value % 16 > 8) content += ": \xff";
    headers_.add(text, content);
    said_.emplace_back(yatagarasu::core::to_lower(text), content);
  }

  void end_block() {
    std::string block;
    encoder_.begin(block);
    encoder_.add_status(200);
    encoder_.add_lines(headers_.wire());
    said_.emplace(said_.begin(), ":status", "200");
    if (decoder_.decode(block) != said_) std::abort();
    headers_ = {};
    said_.clear();
  }

 private:
  HpackEncoder encoder_;
  HpackDecoder decoder_;
  HeaderBlock headers_;
  HpackDecoder::Fields said_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Conversation conversation;
  for (std::size_t i = 0; i < size; ++i) {
    const unsigned step = data[i];
    if (step < 16) {
      conversation.limit(step * step * 40);
    } else if (step < 64) {
      conversation.end_block();
    } else if (i + 1 < size) {
      conversation.field(step - 64, data[++i]);
    }
  }
  conversation.end_block();
  return 0;
}
