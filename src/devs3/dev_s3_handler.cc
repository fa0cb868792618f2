#include "devs3/dev_s3_handler.h"

#include "aws/sigv4.h"
#include "aws/sigv4_verify.h"
#include "core/cidr.h"
#include "core/percent.h"
#include "core/result.h"
#include "crypto/random.h"
#include "devs3/content_type.h"
#include "devs3/directory_store.h"
#include "devs3/file_source.h"
#include "devs3/listing.h"
#include "devs3/options.h"
#include "devs3/query.h"
#include "devs3/s3_error.h"
#include "http/conditional.h"
#include "http/date.h"
#include "http/message.h"
#include "http/range.h"
#include "io/loop.h"
#include "io/task.h"
#include "server/handler.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::devs3 {
namespace {

using server::Response;

// Parameters that change nothing here. Any other one asks for something this server lacks, and
// answering as if it were not there would be wrong.
constexpr std::array<std::string_view, 1> kObjectParameters{"x-id"};
constexpr std::array<std::string_view, 9> kListParameters{
    "list-type",   "prefix",        "delimiter",   "max-keys", "continuation-token",
    "start-after", "encoding-type", "fetch-owner", "x-id"};

constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";

std::unexpected<S3Error> failure(int status, std::string code, std::string message,
                                 S3Error::Details details = {}) {
  return std::unexpected(S3Error{.status = status,
                                 .code = std::move(code),
                                 .message = std::move(message),
                                 .details = std::move(details)});
}

std::unexpected<S3Error> internal_error() {
  return failure(500, "InternalError", "We encountered an internal error. Please try again.");
}

std::string_view message_of(aws::VerifyFailure failure) {
  using enum aws::VerifyFailure;
  switch (failure) {
    case kUnsigned: return "Access Denied";
    case kMalformed: return "The authorization header that you provided is not valid.";
    case kWrongScope: return "The authorization header is malformed; its scope is wrong.";
    case kUnknownAccessKey:
      return "The AWS Access Key Id you provided does not exist in our records.";
    case kClockSkew:
      return "The difference between the request time and the current time is too large.";
    case kUnsignedField: return "There were headers present in the request which were not signed.";
    case kInvalidToken: return "The provided token is malformed or otherwise invalid.";
    case kSignatureMismatch:
      return "The request signature we calculated does not match the signature you provided.";
  }
  return "Access Denied";
}

template <std::size_t N>
std::expected<void, S3Error> check_parameters(const Query& query,
                                              const std::array<std::string_view, N>& known) {
  for (const auto& [name, value] : query) {
    if (std::ranges::find(known, name) != known.end()) continue;
    return failure(501, "NotImplemented", "A parameter asks for something that is not implemented.",
                   {{"ParameterName", name}});
  }
  return {};
}

// RFC 9110 §15.4.5: a 304 has the validators, the rest of a 200's fields is not needed.
Response not_modified(const ObjectMeta& meta, std::chrono::sys_seconds modified) {
  Response response;
  response.status = 304;
  response.headers.add("ETag", meta.etag);
  response.headers.add("Last-Modified", http::format_date(modified));
  return response;
}

std::unexpected<S3Error> precondition_failed() {
  return failure(412, "PreconditionFailed",
                 "At least one of the pre-conditions you specified did not hold");
}

std::unexpected<S3Error> invalid_range(std::string_view requested, std::uint64_t size) {
  return failure(
      416, "InvalidRange", "The requested range is not satisfiable",
      {{"RangeRequested", std::string(requested)}, {"ActualObjectSize", std::to_string(size)}});
}

}  // namespace

DevS3Handler::DevS3Handler(const DirectoryStore& store, const Options& options)
    : store_(store),
      bucket_(options.bucket),
      verify_{.credentials = {.access_key = std::string(options.access_key.reveal()),
                              .secret_key = options.secret_key,
                              .session_token = {}},
              .region = options.region} {
  std::array<std::uint8_t, sizeof(std::uint64_t)> seed{};
  crypto::random_bytes(seed);
  request_number_ = std::bit_cast<std::uint64_t>(seed);
}

std::string DevS3Handler::next_request_id() {
  // An odd factor sends distinct numbers to distinct ids that do not look like a count.
  const std::uint64_t number = request_number_.fetch_add(1, std::memory_order_relaxed);
  return fmt::format("{:016X}", number * 0x9E3779B97F4A7C15U);
}

server::Handled DevS3Handler::handle(const server::Request& request, io::Loop& loop) {
  const std::string request_id = next_request_id();
  Answer answered = answer(request, loop);
  if (!answered) {
    Response refusal;
    refusal.status = answered.error().status;
    if (request.head.method != http::Method::kHead) {
      refusal.body = to_xml(answered.error(), request.head.path, request_id);
    }
    answered = std::move(refusal);
    answered->headers.add("Content-Type", "application/xml");
    if (answered->status == 405) answered->headers.add("Allow", "GET, HEAD");
  }
  answered->headers.add("x-amz-request-id", request_id);
  answered->headers.add("Server", "yatagarasu-devs3");
  return *std::move(answered);
}

Response DevS3Handler::refuse(int status, std::string_view reason, const core::IpAddress& /*peer*/,
                              io::TimePoint /*started*/, io::Loop& /*loop*/) {
  const std::string request_id = next_request_id();
  const S3Error error{.status = status,
                      .code = status < 500 ? "BadRequest" : "NotImplemented",
                      .message = std::string(reason),
                      .details = {}};
  Response response;
  response.status = status;
  response.body = to_xml(error, "", request_id);
  response.headers.add("Content-Type", "application/xml");
  response.headers.add("x-amz-request-id", request_id);
  return response;
}

DevS3Handler::Answer DevS3Handler::answer(const server::Request& request, io::Loop& loop) const {
  if (auto authentic = authenticate(request.head); !authentic) {
    return std::unexpected(std::move(authentic.error()));
  }
  auto call = parse(request.head);
  if (!call) return std::unexpected(std::move(call.error()));

  if (call->bucket.empty()) {
    return failure(501, "NotImplemented", "Listing buckets is not implemented.");
  }
  if (call->bucket != bucket_) {
    return failure(404, "NoSuchBucket", "The specified bucket does not exist",
                   {{"BucketName", call->bucket}});
  }
  if (request.head.method != http::Method::kGet && request.head.method != http::Method::kHead) {
    return failure(405, "MethodNotAllowed",
                   "The specified method is not allowed against this resource.",
                   {{"Method", std::string(request.head.method_text)}});
  }
  return call->key.empty() ? answer_bucket(*call) : answer_object(*call, loop);
}

std::expected<void, S3Error> DevS3Handler::authenticate(const http::RequestHead& head) const {
  const aws::ReceivedRequest received{
      .method = head.method_text, .path = head.path, .query = head.query, .fields = head.fields};
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  if (const auto verified = aws::verify(received, verify_, now); !verified) {
    const aws::S3Refusal refusal = aws::s3_refusal(verified.error());
    S3Error::Details details;
    if (verified.error() == aws::VerifyFailure::kWrongScope) {
      details.emplace_back("Region", verify_.region);
    }
    return failure(refusal.status, std::string(refusal.code),
                   std::string(message_of(verified.error())), std::move(details));
  }
  // Nothing that is answered here takes a body, so the hash of none is the only right one.
  const std::string_view payload = head.fields.get("x-amz-content-sha256");
  const bool has_method = head.method == http::Method::kGet || head.method == http::Method::kHead;
  if (has_method && payload != aws::kEmptyPayloadSha256 && payload != kUnsignedPayload) {
    return failure(400, "XAmzContentSHA256Mismatch",
                   "The provided 'x-amz-content-sha256' header does not match what was computed.");
  }
  return {};
}

std::expected<DevS3Handler::Call, S3Error> DevS3Handler::parse(const http::RequestHead& head) {
  const std::optional<std::string> path = core::percent_decode(head.path);
  std::optional<Query> query = Query::parse(head.query);
  if (!path || !path->starts_with('/') || !query) {
    return failure(400, "InvalidURI", "Couldn't parse the specified URI.");
  }
  const auto slash = std::min(path->find('/', 1), path->size());
  Call call{.head = head,
            .bucket = path->substr(1, slash - 1),
            .key = slash < path->size() ? path->substr(slash + 1) : std::string(),
            .query = std::move(*query)};
  if (call.key.size() > kMaxKeyBytes) {
    return failure(400, "KeyTooLongError", "Your key is too long");
  }
  return call;
}

DevS3Handler::Answer DevS3Handler::answer_bucket(const Call& call) const {
  Response response;
  response.status = 200;
  response.headers.add("x-amz-bucket-region", verify_.region);
  if (call.head.method == http::Method::kHead) return response;

  if (call.query.get("list-type") != "2") {
    return failure(501, "NotImplemented", "Of a bucket only ListObjectsV2 is implemented.");
  }
  if (auto known = check_parameters(call.query, kListParameters); !known) {
    return std::unexpected(std::move(known.error()));
  }
  const auto request = ListRequest::parse(call.query);
  if (!request) return std::unexpected(request.error());
  const core::Result<ListPage> page = list(store_, *request);
  if (!page) return internal_error();

  response.headers.add("Content-Type", "application/xml");
  response.body = to_xml(*page, *request, bucket_);
  return response;
}

DevS3Handler::Answer DevS3Handler::answer_object(const Call& call, io::Loop& loop) const {
  if (auto known = check_parameters(call.query, kObjectParameters); !known) {
    return std::unexpected(std::move(known.error()));
  }
  core::Result<StoredObject> object = store_.get(call.key);
  if (!object) {
    if (object.error().code != core::ErrorCode::kNotFound) return internal_error();
    return failure(404, "NoSuchKey", "The specified key does not exist.", {{"Key", call.key}});
  }

  const ObjectMeta& meta = object->meta;
  const http::Fields& fields = call.head.fields;
  const auto modified = std::chrono::floor<std::chrono::seconds>(meta.modified);
  const http::Validators validators{.etag = meta.etag, .last_modified = modified, .date = {}};
  switch (http::evaluate_preconditions(fields, validators)) {
    case http::Precondition::kProceed: break;
    case http::Precondition::kNotModified: return not_modified(meta, modified);
    case http::Precondition::kFailed: return precondition_failed();
  }

  Response response;
  response.status = 200;
  response.headers.add("Content-Type", content_type_of(call.key));
  response.headers.add("ETag", meta.etag);
  response.headers.add("Last-Modified", http::format_date(modified));
  response.headers.add("Accept-Ranges", "bytes");

  std::uint64_t offset = 0;
  std::uint64_t length = meta.size;
  const http::RangeRequest asked = http::parse_range(fields);
  if (asked.outcome == http::RangeOutcome::kOne) {
    const auto range = http::resolve(asked.spec, meta.size);
    if (!range) return invalid_range(fields.get("Range"), meta.size);
    response.status = 206;
    response.headers.add("Content-Range", http::format_content_range(*range, meta.size));
    offset = range->first;
    length = range->size();
  }
  response.content_length = length;
  if (call.head.method == http::Method::kGet && length > 0) {
    response.body = std::make_unique<FileSource>(loop, std::move(object->file), offset, length);
  }
  return response;
}

}  // namespace yatagarasu::devs3
