#pragma once

#include "config/snapshot.h"

#include <string>

// What the table of keys says, for people and editors.
namespace yatagarasu::config {

// JSON Schema (draft 2020-12) of the configuration file.
std::string render_schema();

// The reference page in Markdown.
std::string render_reference();

// The configuration with every default filled in, as YAML; secrets are hidden.
std::string render_redacted(const Snapshot& snapshot);

}  // namespace yatagarasu::config
