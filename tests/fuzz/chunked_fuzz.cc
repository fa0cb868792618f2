// part: http
#include "http/codec/chunked_decoder.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using yatagarasu::http::ChunkedDecoder;
using Status = ChunkedDecoder::Status;

void require(bool holds) {
  if (!holds) std::abort();
}

struct Decoded {
  Status status = Status::kNeedMore;
  std::string data;
  std::size_t consumed = 0;
};

void feed(ChunkedDecoder& decoder, std::string_view input, Decoded& decoded) {
  do {
    const std::string_view unread = input.substr(decoded.consumed);
    const ChunkedDecoder::Step step = decoder.feed(unread);
    require(step.consumed <= unread.size() && step.data.size() <= step.consumed);
    require(step.status != Status::kData || !step.data.empty());
    require(step.status != Status::kNeedMore || step.consumed == unread.size());
    require(step.data.empty() ||
            (step.data.data() >= unread.data() &&
             step.data.data() + step.data.size() <= unread.data() + step.consumed));
    decoded.status = step.status;
    decoded.data += step.data;
    decoded.consumed += step.consumed;
  } while (decoded.status == Status::kData);
}

Decoded decode(std::string_view coded, std::size_t piece) {
  ChunkedDecoder decoder;
  Decoded decoded;
  for (std::size_t size = std::min(piece, coded.size());;
       size = std::min(size + piece, coded.size())) {
    feed(decoder, coded.substr(0, size), decoded);
    if (decoded.status != Status::kNeedMore || size == coded.size()) return decoded;
  }
}

}  // namespace

// Nothing beyond the input is consumed or yielded, and the split makes no difference.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view coded(reinterpret_cast<const char*>(data + 1), size - 1);
  const Decoded whole = decode(coded, coded.size() + 1);
  const Decoded split = decode(coded, data[0] % 32U + 1U);

  require(whole.status == split.status && whole.data == split.data);
  require(whole.consumed == split.consumed);
  return 0;
}
