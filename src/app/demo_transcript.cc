#include "app/demo_transcript.h"

#include "app/loopback_client.h"
#include "core/percent.h"
#include "core/result.h"
#include "devs3/content_type.h"
#include "devs3/directory_store.h"
#include "devs3/object_walk.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::app {
namespace {

constexpr std::size_t kMaxLooked = 1000;
constexpr std::size_t kMaxLines = 4;  // Of a body.
constexpr std::size_t kMaxColumns = 160;
constexpr std::uint64_t kShortText = 4096;
constexpr std::uint64_t kPartBytes = 32;

// What a reader wants to see of an answer.
constexpr std::array<std::string_view, 9> kShownFields{
    "Content-Type", "Content-Length", "Content-Range", "ETag", "Accept-Ranges", "WWW-Authenticate",
    "Age",          "X-Cache",        "X-Request-Id"};

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

// A file's bytes and its name are anybody's: no control character reaches the terminal.
std::string printable(std::string_view text) {
  std::string shown(text);
  std::ranges::replace_if(shown, is_control, '.');
  return shown;
}

bool is_text(const Fetched& fetched) {
  const std::string_view type = fetched.get("Content-Type");
  return type.starts_with("text/") || type.starts_with("application/json") ||
         type.starts_with("application/xml") || type.starts_with("application/problem+json");
}

// The line's beginning, not ending inside a character of UTF-8.
std::string_view shorten(std::string_view line) {
  if (line.size() <= kMaxColumns) return line;
  std::size_t end = kMaxColumns;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) --end;
  return line.substr(0, end);
}

void print_body(std::FILE* out, const Fetched& fetched) {
  if (fetched.body_bytes == 0) return;
  std::string_view rest = fetched.body_start;
  const bool is_binary = !is_text(fetched) && fetched.body_bytes > kPartBytes;
  if (is_binary) rest = {};
  for (std::size_t lines = 0; lines < kMaxLines && !rest.empty(); ++lines) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    fmt::print(out, "     | {}\n", printable(shorten(rest.substr(0, end))));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (is_binary || !rest.empty()) fmt::print(out, "     | ({} bytes)\n", fetched.body_bytes);
}

// One request of the demonstration.
struct Step {
  std::string_view title;
  LoopbackRequest request;
  int status;  // That it has to have.
};

// Empty when the answer is not what it has to be.
std::optional<Fetched> show(std::FILE* out, const Step& step) {
  fmt::print(out, "{}\n     > {} {}\n", step.title, step.request.method, step.request.target);
  for (const auto& [name, value] : step.request.fields) {
    fmt::print(out, "     > {}: {}\n", name, value);
  }
  core::Result<Fetched> fetched = fetch_from_loopback(step.request);
  if (!fetched) {
    fmt::print(out, "     failed: {}\n\n", fetched.error().detail);
    return std::nullopt;
  }
  fmt::print(out, "     < {} {}\n", fetched->status, printable(fetched->reason));
  for (const std::string_view name : kShownFields) {
    const std::string_view value = fetched->get(name);
    if (!value.empty()) fmt::print(out, "     < {}: {}\n", name, printable(value));
  }
  print_body(out, *fetched);
  fmt::print(out, "\n");
  if (fetched->status != step.status) {
    fmt::print(out, "     This should have been {}.\n\n", step.status);
    return std::nullopt;
  }
  return std::move(*fetched);
}

std::string target_of(const DemoPlaces& places, std::string_view key) {
  return places.path_prefix + "/" + core::s3_encode_key(key);
}

}  // namespace

core::Result<DemoObjects> choose_objects(const devs3::DirectoryStore& store) {
  DemoObjects chosen;
  chosen.has_index = store.get("index.html").has_value();
  devs3::ObjectWalk walk(store, "", "");
  for (std::size_t looked = 0; looked < kMaxLooked; ++looked) {
    core::Result<std::optional<devs3::ObjectWalk::Object>> next = walk.next();
    if (!next) return std::unexpected(std::move(next.error()));
    const std::optional<devs3::ObjectWalk::Object>& object = *next;
    if (!object) break;
    const bool is_text = devs3::content_type_of(object->key).starts_with("text/plain") &&
                         object->meta.size > 0 && object->meta.size <= kShortText;
    // Of the texts the last: a key that needs encoding is likelier among small letters.
    if (chosen.shown.empty() || is_text) chosen.shown = object->key;
    if (chosen.large.empty() || object->meta.size > chosen.large_size) {
      chosen.large = object->key;
      chosen.large_size = object->meta.size;
    }
  }
  return chosen;
}

bool show_requests(std::FILE* out, const DemoPlaces& places, const DemoObjects& objects) {
  const std::uint16_t port = places.proxy_port;
  const std::string shown = target_of(places, objects.shown);

  const auto object = show(out, {.title = "  1. An object, without credentials",
                                 .request = {.port = port, .target = shown, .fields = {}},
                                 .status = 200});
  if (!object) return false;
  const std::string etag(object->get("ETag"));

  const std::uint64_t middle = objects.large_size / 2;
  const std::uint64_t last =
      std::min(middle + kPartBytes, std::max<std::uint64_t>(objects.large_size, 1)) - 1;
  const std::string range = fmt::format("bytes={}-{}", middle, last);

  const std::string closed = places.private_prefix + "/" + core::s3_encode_key(objects.shown);
  const std::array steps{
      Step{.title = "  2. The same again: it comes from the cache, S3 is not asked",
           .request = {.port = port, .target = shown, .fields = {}},
           .status = 200},
      Step{.title = "  3. Its head",
           .request = {.port = port, .method = "HEAD", .target = shown, .fields = {}},
           .status = 200},
      Step{.title = "  4. A part of an object: only these bytes leave S3",
           .request = {.port = port,
                       .target = target_of(places, objects.large),
                       .fields = {{"Range", range}}},
           .status = objects.large_size == 0 ? 416 : 206},
      Step{.title = "  5. The first object again, if it has changed since",
           .request = {.port = port, .target = shown, .fields = {{"If-None-Match", etag}}},
           .status = 304},
      Step{.title = "  6. An object that is not there",
           .request = {.port = port, .target = target_of(places, "no/such/object"), .fields = {}},
           .status = 404},
      Step{.title = "  7. The first object asked of the origin itself, which wants a signature",
           .request = {.port = places.origin_port,
                       .target = "/" + places.bucket + "/" + core::s3_encode_key(objects.shown),
                       .fields = {}},
           .status = 403},
      Step{.title = "  8. The same object under the private prefix, without a token",
           .request = {.port = port, .target = closed, .fields = {}},
           .status = 401},
      Step{.title = "  9. With a token that has expired",
           .request = {.port = port,
                       .target = closed,
                       .fields = {{"Authorization", "Bearer " + places.expired_token}}},
           .status = 401},
      Step{.title = " 10. With a good one",
           .request = {.port = port,
                       .target = closed,
                       .fields = {{"Authorization", "Bearer " + places.token}}},
           .status = 200},
  };
  return std::ranges::all_of(steps, [&](const Step& step) { return show(out, step).has_value(); });
}

void show_hints(std::FILE* out, const DemoPlaces& places, const DemoObjects& objects) {
  const std::string base = fmt::format("http://127.0.0.1:{}", places.proxy_port);
  fmt::print(out, "Try it:\n");
  if (!objects.empty()) {
    fmt::print(out, "  curl -i {}{}\n", base, target_of(places, objects.shown));
    fmt::print(out, "  curl -i -r 0-15 {}{}\n", base, target_of(places, objects.large));
    fmt::print(out, "  curl -o /dev/null {}{}\n", base, target_of(places, objects.large));
    const std::string closed = places.private_prefix + "/" + core::s3_encode_key(objects.shown);
    fmt::print(out, "  curl -i -H 'Authorization: Bearer {}' {}{}\n", places.token, base, closed);
    fmt::print(out, "  curl -i -H 'Authorization: Bearer {}' {}{}  (expired)\n",
               places.expired_token, base, closed);
  }
  fmt::print(out, "  curl {}/health\n", base);
  if (objects.has_index) {
    fmt::print(out, "  {}{}/ in a browser\n", base, places.path_prefix);
  }
}

}  // namespace yatagarasu::app
