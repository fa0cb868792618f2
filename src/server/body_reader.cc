#include "server/body_reader.h"

#include "http/codec/chunked_decoder.h"
#include "http/message.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace yatagarasu::server {

BodyReader::BodyReader(const http::RequestHead& head, std::uint64_t limit, std::string* kept)
    : is_chunked_(head.is_chunked),
      left_(head.content_length.value_or(0)),
      limit_(limit),
      kept_(kept) {}

BodyReader::Status BodyReader::begin() const {
  if (is_chunked_) return Status::kMore;
  if (left_ > limit_) return Status::kTooLarge;
  return left_ == 0 ? Status::kDone : Status::kMore;
}

BodyReader::Step BodyReader::feed(std::string_view bytes) {
  if (is_chunked_) return feed_chunked(bytes);
  const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
  left_ -= taken;
  keep(bytes.substr(0, taken));
  return {.status = left_ == 0 ? Status::kDone : Status::kMore, .consumed = taken};
}

BodyReader::Step BodyReader::feed_chunked(std::string_view bytes) {
  std::size_t consumed = 0;
  for (;;) {
    const http::ChunkedDecoder::Step step = decoder_.feed(bytes.substr(consumed));
    consumed += step.consumed;
    if (step.data.size() > limit_) return {.status = Status::kTooLarge, .consumed = consumed};
    limit_ -= step.data.size();
    keep(step.data);
    switch (step.status) {
      case http::ChunkedDecoder::Status::kData: break;
      case http::ChunkedDecoder::Status::kNeedMore:
        return {.status = Status::kMore, .consumed = consumed};
      case http::ChunkedDecoder::Status::kEnd:
        return {.status = Status::kDone, .consumed = consumed};
      case http::ChunkedDecoder::Status::kFailed:
        return {.status = Status::kMalformed, .consumed = consumed};
    }
  }
}

}  // namespace yatagarasu::server
