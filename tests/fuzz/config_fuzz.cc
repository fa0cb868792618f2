// part: config
#include "config/load.h"
#include "config/render.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

// Any text loads or is refused with at least one problem; what loads can be shown.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yatagarasu;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "SET") return "value";
    return std::nullopt;
  };
  const auto loaded = config::load_text("fuzz.yaml", text, environment);
  if (loaded) {
    if (config::render_redacted(*loaded).empty()) __builtin_trap();
  } else if (loaded.error().empty()) {
    __builtin_trap();
  }
  return 0;
}
