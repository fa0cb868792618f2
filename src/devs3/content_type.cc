#include "devs3/content_type.h"

#include "core/ascii.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace yatagarasu::devs3 {
namespace {

struct Known {
  std::string_view extension;
  std::string_view type;
};

constexpr std::array kKnown{
    Known{"avif", "image/avif"},
    Known{"css", "text/css; charset=utf-8"},
    Known{"csv", "text/csv; charset=utf-8"},
    Known{"gif", "image/gif"},
    Known{"gz", "application/gzip"},
    Known{"htm", "text/html; charset=utf-8"},
    Known{"html", "text/html; charset=utf-8"},
    Known{"ico", "image/vnd.microsoft.icon"},
    Known{"jpeg", "image/jpeg"},
    Known{"jpg", "image/jpeg"},
    Known{"js", "text/javascript; charset=utf-8"},
    Known{"json", "application/json"},
    Known{"md", "text/markdown; charset=utf-8"},
    Known{"mjs", "text/javascript; charset=utf-8"},
    Known{"mp3", "audio/mpeg"},
    Known{"mp4", "video/mp4"},
    Known{"pdf", "application/pdf"},
    Known{"png", "image/png"},
    Known{"svg", "image/svg+xml"},
    Known{"tar", "application/x-tar"},
    Known{"txt", "text/plain; charset=utf-8"},
    Known{"wasm", "application/wasm"},
    Known{"wav", "audio/wav"},
    Known{"webm", "video/webm"},
    Known{"webp", "image/webp"},
    Known{"woff2", "font/woff2"},
    Known{"xml", "application/xml"},
    Known{"yaml", "application/yaml"},
    Known{"yml", "application/yaml"},
    Known{"zip", "application/zip"},
};

}  // namespace

std::string_view content_type_of(std::string_view key) {
  static constexpr std::string_view kUnknown = "binary/octet-stream";
  const std::string_view name = key.substr(key.rfind('/') + 1);  // npos + 1 is 0.
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos) return kUnknown;
  const std::string_view extension = name.substr(dot + 1);
  const auto* const found = std::ranges::find_if(
      kKnown, [&](const Known& known) { return core::iequals(known.extension, extension); });
  return found == kKnown.end() ? kUnknown : found->type;
}

}  // namespace yatagarasu::devs3
