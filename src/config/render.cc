#include "config/render.h"

#include "config/key.h"
#include "config/scalar.h"
#include "config/snapshot.h"
#include "config/value_type.h"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <yaml-cpp/yaml.h>

#include <sstream>
#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::config {
namespace {

namespace json = boost::json;

// Defaults come from structs as they are made: one of each block's.
const Snapshot& defaults() {
  static const Snapshot snapshot = [] {
    Snapshot made;
    made.buckets.emplace_back();
    return made;
  }();
  return snapshot;
}

// The key's part of what its block shows; null where the block shows nothing.
json::value member_of(const json::value& shown, const Key& key) {
  const json::value* const member =
      shown.is_object() ? shown.as_object().if_contains(key.name) : nullptr;
  return member == nullptr ? json::value() : *member;
}

// Of a list; null when there is none.
json::value first_of(const json::value& list) {
  if (!list.is_array() || list.get_array().empty()) return nullptr;
  return list.get_array().front();
}

json::object block_schema(const Block& block, const json::value& shown);

// `shown` is the key's default.
json::value key_schema(const Key& key, const json::value& shown) {
  json::object schema = key.schema;
  if (key.is_list_of_blocks) {
    schema["type"] = "array";
    if (key.is_required) schema["minItems"] = 1;
    schema["items"] = block_schema(*key.block, first_of(shown));
  } else if (key.block != nullptr) {
    schema = block_schema(*key.block, shown);
  } else if (!key.is_required) {
    schema["default"] = shown;
  }
  schema["description"] = key.doc;
  return schema;
}

json::object block_schema(const Block& block, const json::value& shown) {
  json::object properties;
  json::array required;
  for (const Key& key : block.keys) {
    properties[key.name] = key_schema(key, member_of(shown, key));
    if (key.is_required) required.emplace_back(key.name);
  }
  json::object schema{
      {"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

void emit(YAML::Emitter& out, const json::value& value) {
  switch (value.kind()) {
    case json::kind::object:
      out << YAML::BeginMap;
      for (const auto& [name, member] : value.as_object()) {
        if (member.is_null()) continue;  // An absent block.
        out << YAML::Key << std::string(name) << YAML::Value;
        emit(out, member);
      }
      out << YAML::EndMap;
      break;
    case json::kind::array:
      out << (value.as_array().empty() || !value.as_array().front().is_object() ? YAML::Flow
                                                                                : YAML::Block)
          << YAML::BeginSeq;
      for (const json::value& item : value.as_array()) emit(out, item);
      out << YAML::EndSeq;
      break;
    case json::kind::bool_: out << value.as_bool(); break;
    case json::kind::uint64: out << value.as_uint64(); break;
    case json::kind::string: {
      const std::string text(value.as_string());
      if (text.empty() || !parse_typed(text).is_string()) {
        out << YAML::DoubleQuoted << text;
      } else {
        out << text;
      }
      break;
    }
    case json::kind::int64: out << value.as_int64(); break;
    case json::kind::double_: out << value.as_double(); break;
    case json::kind::null: out << YAML::Null; break;
  }
}

std::string default_text(const Key& key, const json::value& shown) {
  if (key.is_required) return "required";
  if (shown.is_null()) return "";
  if (shown.is_string() && shown.as_string().empty()) return "empty";
  if (shown.is_string()) return "`" + std::string(shown.as_string()) + "`";
  return "`" + json::serialize(shown) + "`";
}

std::string choices_of(const Key& key) {
  const json::value* const names = key.schema.if_contains("enum");
  if (names == nullptr) return {};
  std::string text;
  for (const json::value& name : names->as_array()) {
    text += text.empty() ? " One of `" : ", `";
    text.append(name.as_string()).append("`");
  }
  return text + ".";
}

void describe_keys(std::ostringstream& out, const Block& block, const json::value& shown,
                   const std::string& prefix) {
  out << "\n| key | default | what it does |\n|---|---|---|\n";
  for (const Key& key : block.keys) {
    std::string usual = key.is_required ? "required" : "";
    if (key.block == nullptr) usual = default_text(key, member_of(shown, key));
    out << "| `" << prefix << key.name << "` | " << usual << " | " << key.doc << choices_of(key)
        << " |\n";
  }
}

// A block's table, then each of its blocks. `path` is the block's own: "server".
void describe(std::ostringstream& out, const Block& block, const json::value& shown,
              const std::string& path) {
  const std::string prefix = path.empty() ? "" : path + ".";
  describe_keys(out, block, shown, prefix);
  for (const Key& key : block.keys) {
    if (key.block == nullptr) continue;
    const std::string name = prefix + std::string(key.name) + (key.is_list_of_blocks ? "[]" : "");
    json::value inner = member_of(shown, key);
    if (key.is_list_of_blocks) inner = first_of(inner);
    out << "\n## `" << name << "`\n\n" << key.doc << "\n";
    describe(out, *key.block, inner, name);
  }
}

constexpr std::string_view kIntroduction = R"(# Configuration reference

<!-- Generated by `yatagarasu schema --reference`; a test compares both. -->

One YAML file. An unknown key is an error, reported with its place and the nearest known key; all problems of a load are
reported together. `${NAME}` in a value is replaced from the environment after the YAML was parsed, so that a value never changes the
document's structure; `${NAME:-default}` gives a default, `${file:/path}` reads a file without its trailing newline, `$${` is a
literal `${`. Sizes take a number of bytes or `KiB MiB GiB KB MB GB`, durations `ms s m h d` or a number of seconds. Secrets are
shown as `***`.
)";

}  // namespace

std::string render_schema() {
  json::object schema = block_schema(
      root_block(), json::value(show_block(root_block(), &defaults(), Secrets::kHidden)));
  schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  schema["title"] = "Yatagarasu configuration";
  return json::serialize(schema) + "\n";
}

std::string render_reference() {
  std::ostringstream out;
  out << kIntroduction;
  describe(out, root_block(), json::value(show_block(root_block(), &defaults(), Secrets::kHidden)),
           "");
  return out.str();
}

std::string render_redacted(const Snapshot& snapshot) {
  YAML::Emitter out;
  emit(out, json::value(show_block(root_block(), &snapshot, Secrets::kHidden)));
  return std::string(out.c_str()) + "\n";
}

}  // namespace yatagarasu::config
