#include "devs3/listing.h"

#include "core/ascii.h"
#include "core/percent.h"
#include "core/result.h"
#include "devs3/directory_store.h"
#include "devs3/object_walk.h"
#include "devs3/query.h"
#include "devs3/s3_error.h"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace yatagarasu::devs3 {
namespace {

std::unexpected<S3Error> invalid(std::string_view argument, std::string_view value,
                                 std::string message) {
  return std::unexpected(S3Error{
      .status = 400,
      .code = "InvalidArgument",
      .message = std::move(message),
      .details = {{"ArgumentName", std::string(argument)}, {"ArgumentValue", std::string(value)}}});
}

// A token is the page's last entry in hexadecimal: the listing keeps no state between pages.
std::string make_token(std::string_view last_entry) {
  return core::to_hex(last_entry);
}

std::optional<std::string> read_token(std::string_view token) {
  if (token.empty() || token.size() % 2 != 0) return std::nullopt;
  std::string entry;
  for (std::size_t i = 0; i < token.size(); i += 2) {
    const int high = core::hex_value(token[i]);
    const int low = core::hex_value(token[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    entry += static_cast<char>(high * 16 + low);
  }
  return entry;
}

std::string iso_time(std::chrono::sys_time<std::chrono::nanoseconds> time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(time - seconds);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                     milliseconds.count());
}

// The common prefix that a key is rolled up into; empty when it is listed itself.
std::string_view common_prefix_of(std::string_view key, const ListRequest& request) {
  if (request.delimiter.empty()) return {};
  const auto found = key.find(request.delimiter, request.prefix.size());
  return found == std::string_view::npos ? std::string_view()
                                         : key.substr(0, found + request.delimiter.size());
}

}  // namespace

std::expected<ListRequest, S3Error> ListRequest::parse(const Query& query) {
  ListRequest request;
  request.prefix = query.get("prefix").value_or("");
  request.delimiter = query.get("delimiter").value_or("");
  request.start_after = query.get("start-after");
  request.after = query.get("start-after").value_or("");
  if (const auto text = query.get("max-keys")) {
    const auto [end, error] =
        std::from_chars(text->data(), text->data() + text->size(), request.max_keys);
    if (error != std::errc() || end != text->data() + text->size()) {
      return invalid("max-keys", *text, "Provided max-keys not an integer or within integer range");
    }
    request.max_keys = std::min(request.max_keys, kMaxKeys);
  }
  if (const auto token = query.get("continuation-token")) {
    std::optional<std::string> entry = read_token(*token);
    if (!entry) {
      return invalid("continuation-token", *token, "The continuation token provided is incorrect");
    }
    request.continuation_token = *token;
    request.after = std::move(*entry);
  }
  if (const auto type = query.get("encoding-type")) {
    if (*type != "url") {
      return invalid("encoding-type", *type, "Invalid Encoding Method specified in Request");
    }
    request.url_encoded = true;
  }
  return request;
}

core::Result<ListPage> list(const DirectoryStore& store, const ListRequest& request) {
  ListPage page;
  if (request.max_keys == 0) return page;

  ObjectWalk walk(store, request.prefix, request.after);
  std::string last;
  while (true) {
    core::Result<std::optional<ObjectWalk::Object>> next = walk.next();
    if (!next) return std::unexpected(std::move(next.error()));
    std::optional<ObjectWalk::Object>& object = *next;
    if (!object) return page;

    std::string common(common_prefix_of(object->key, request));
    if (!common.empty() && common <= request.after) {  // Rolled up on a page before this one.
      walk.skip(std::move(common));
      continue;
    }
    if (page.objects.size() + page.common_prefixes.size() == request.max_keys) {
      page.next_token = make_token(last);
      return page;
    }
    if (common.empty()) {
      last = object->key;
      page.objects.push_back(std::move(*object));
    } else {
      last = common;
      walk.skip(common);
      page.common_prefixes.push_back(std::move(common));
    }
  }
}

std::string to_xml(const ListPage& page, const ListRequest& request, std::string_view bucket) {
  const auto shown = [&](std::string_view text) {
    return request.url_encoded ? core::s3_encode_key(text) : std::string(text);
  };
  const std::size_t count = page.objects.size() + page.common_prefixes.size();

  std::string xml =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
  append_element(xml, "Name", bucket);
  append_element(xml, "Prefix", shown(request.prefix));
  if (!request.delimiter.empty()) append_element(xml, "Delimiter", shown(request.delimiter));
  if (request.start_after) append_element(xml, "StartAfter", shown(*request.start_after));
  if (request.continuation_token) {
    append_element(xml, "ContinuationToken", *request.continuation_token);
  }
  if (!page.next_token.empty()) append_element(xml, "NextContinuationToken", page.next_token);
  append_element(xml, "KeyCount", std::to_string(count));
  append_element(xml, "MaxKeys", std::to_string(request.max_keys));
  if (request.url_encoded) append_element(xml, "EncodingType", "url");
  append_element(xml, "IsTruncated", page.next_token.empty() ? "false" : "true");

  for (const ObjectWalk::Object& object : page.objects) {
    xml += "<Contents>";
    append_element(xml, "Key", shown(object.key));
    append_element(xml, "LastModified", iso_time(object.meta.modified));
    append_element(xml, "ETag", object.meta.etag);
    append_element(xml, "Size", std::to_string(object.meta.size));
    append_element(xml, "StorageClass", "STANDARD");
    xml += "</Contents>";
  }
  for (const std::string& prefix : page.common_prefixes) {
    xml += "<CommonPrefixes>";
    append_element(xml, "Prefix", shown(prefix));
    xml += "</CommonPrefixes>";
  }
  xml += "</ListBucketResult>";
  return xml;
}

}  // namespace yatagarasu::devs3
