#pragma once

#include "aws/sigv4_verify.h"
#include "devs3/directory_store.h"
#include "devs3/options.h"
#include "devs3/query.h"
#include "devs3/s3_error.h"
#include "io/loop.h"
#include "io/task.h"
#include "server/handler.h"

#include <atomic>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace yatagarasu::devs3 {

// A directory served as one S3 bucket, for demonstrations and quick tests on loopback: path-style
// GET and HEAD of objects with ranges and conditions, ListObjectsV2, HEAD of the bucket, and
// S3's XML for every error. Each request must carry a valid SigV4 Authorization header.
//
// Like S3, it ignores If-Range, and its 416 has no Content-Range but says <ActualObjectSize>. It
// answers files as they are: nothing is cached, and file reads block the loop (FileSource).
//
// Threading: handle() from any loop. The store outlives it.
class DevS3Handler final : public server::Handler {
 public:
  DevS3Handler(const DirectoryStore& store, const Options& options);

  server::Handled handle(const server::Request& request, io::Loop& loop) override;
  server::Response refuse(int status, std::string_view reason, const core::IpAddress& peer,
                          io::TimePoint started, io::Loop& loop) override;

 private:
  // A request taken apart.
  struct Call {
    const http::RequestHead& head;
    std::string bucket;
    std::string key;  // Empty: the bucket itself.
    Query query;
  };
  using Answer = std::expected<server::Response, S3Error>;

  Answer answer(const server::Request& request, io::Loop& loop) const;
  std::expected<void, S3Error> authenticate(const http::RequestHead& head) const;
  static std::expected<Call, S3Error> parse(const http::RequestHead& head);
  Answer answer_bucket(const Call& call) const;
  Answer answer_object(const Call& call, io::Loop& loop) const;

  std::string next_request_id();

  const DirectoryStore& store_;
  std::string bucket_;
  aws::VerifyOptions verify_;
  std::atomic<std::uint64_t> request_number_;
};

}  // namespace yatagarasu::devs3
