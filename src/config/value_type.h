#pragma once

#include "config/reader.h"
#include "config/scalar.h"
#include "core/byte_count.h"
#include "core/cidr.h"
#include "core/secret.h"
#include "crypto/sha256.h"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// How each type of member is read, shown and described: ValueType<T>::read() reports what is wrong
// and gives nothing, show() is the inverse for people, schema() is its JSON Schema.
namespace yatagarasu::config {

template <class T>
struct ValueType;

// How a secret is shown.
enum class Secrets : std::uint8_t {
  kHidden,   // To people.
  kDigests,  // To see whether it has changed; never leaves the process.
};

template <class T>
boost::json::value show_value(const T& value, Secrets secrets) {
  if constexpr (requires { ValueType<T>::show(value, secrets); }) {
    return ValueType<T>::show(value, secrets);
  } else {
    return boost::json::value(ValueType<T>::show(value));
  }
}

template <>
struct ValueType<std::string> {
  static std::optional<std::string> read(Reader& reader, const Node& node) {
    return reader.scalar(node, "a text");
  }
  static boost::json::value show(const std::string& value) { return boost::json::value(value); }
  static boost::json::object schema() { return {{"type", "string"}}; }
};

template <>
struct ValueType<core::Secret> {
  static std::optional<core::Secret> read(Reader& reader, const Node& node) {
    auto text = reader.scalar(node, "a text");
    if (!text) return std::nullopt;
    return core::Secret(*std::move(text));
  }
  static boost::json::value show(const core::Secret& value, Secrets secrets) {
    if (value.empty()) return boost::json::value("");
    if (secrets == Secrets::kHidden) return boost::json::value(core::kHiddenSecret);
    return boost::json::value(crypto::to_hex(crypto::sha256(value.reveal())));
  }
  static boost::json::object schema() { return {{"type", "string"}}; }
};

template <>
struct ValueType<bool> {
  static std::optional<bool> read(Reader& reader, const Node& node) {
    static constexpr std::string_view kExpected = "`true` or `false`";
    const auto text = reader.scalar(node, kExpected);
    if (!text) return std::nullopt;
    const auto value = parse_boolean(*text);
    if (!value) reader.report(node, "`" + reader.path() + "` must be " + std::string(kExpected));
    return value;
  }
  static boost::json::value show(bool value) { return boost::json::value(value); }
  static boost::json::object schema() { return {{"type", "boolean"}}; }
};

template <std::unsigned_integral T>
struct ValueType<T> {
  static std::optional<T> read(Reader& reader, const Node& node) {
    const auto text = reader.scalar(node, "a number");
    if (!text) return std::nullopt;
    const auto value = parse_integer(*text);
    if (value && *value <= std::numeric_limits<T>::max()) return static_cast<T>(*value);
    reader.report(node, "`" + reader.path() + "` must be a number from 0 to " +
                            std::to_string(std::numeric_limits<T>::max()));
    return std::nullopt;
  }
  static boost::json::value show(T value) { return boost::json::value(std::uint64_t{value}); }
  static boost::json::object schema() {
    return {{"type", "integer"},
            {"minimum", 0},
            {"maximum", std::uint64_t{std::numeric_limits<T>::max()}}};
  }
};

template <>
struct ValueType<core::ByteCount> {
  static std::optional<core::ByteCount> read(Reader& reader, const Node& node) {
    static constexpr std::string_view kExpected = "a size such as 64KiB, or a number of bytes";
    const auto text = reader.scalar(node, kExpected);
    if (!text) return std::nullopt;
    const auto value = parse_size(*text);
    if (!value) reader.report(node, "`" + reader.path() + "` must be " + std::string(kExpected));
    return value;
  }
  static boost::json::value show(core::ByteCount value) {
    return boost::json::value(format_size(value));
  }
  static boost::json::object schema() {
    return {{"type", {"string", "integer"}},
            {"pattern", "^[0-9]+(KiB|MiB|GiB|KB|MB|GB)?$"},
            {"minimum", 0}};
  }
};

template <class Period>
struct ValueType<std::chrono::duration<std::int64_t, Period>> {
  using Duration = std::chrono::duration<std::int64_t, Period>;

  static std::optional<Duration> read(Reader& reader, const Node& node) {
    static constexpr std::string_view kExpected =
        "a duration such as 30s, or a number of seconds, up to 36500d";
    const auto text = reader.scalar(node, kExpected);
    if (!text) return std::nullopt;
    const auto value = parse_duration(*text);
    if (!value) {
      reader.report(node, "`" + reader.path() + "` must be " + std::string(kExpected));
      return std::nullopt;
    }
    return std::chrono::duration_cast<Duration>(*value);
  }
  static boost::json::value show(Duration value) {
    return boost::json::value(format_duration(value));
  }
  static boost::json::object schema() {
    return {{"type", {"string", "integer"}}, {"pattern", "^[0-9]+(ms|s|m|h|d)?$"}, {"minimum", 0}};
  }
};

template <>
struct ValueType<core::Cidr> {
  static std::optional<core::Cidr> read(Reader& reader, const Node& node) {
    static constexpr std::string_view kExpected =
        "an address or a block of addresses such as 10.0.0.0/8";
    const auto text = reader.scalar(node, kExpected);
    if (!text) return std::nullopt;
    const auto value = core::Cidr::parse(*text);
    if (!value) reader.report(node, "`" + reader.path() + "` must be " + std::string(kExpected));
    return value;
  }
  static boost::json::value show(const core::Cidr& value) {
    return boost::json::value(value.to_string());
  }
  static boost::json::object schema() { return {{"type", "string"}}; }
};

// A value of its own type: an unquoted number, true or false; a list of such; else a text.
template <>
struct ValueType<boost::json::value> {
  static std::optional<boost::json::value> read(Reader& reader, const Node& node) {
    static constexpr std::string_view kExpected =
        "a text, a number, true, false or a list of those";
    if (node.kind != Node::Kind::kList) return read_scalar(reader, node, kExpected);
    boost::json::array list;
    for (std::size_t index = 0; index < node.items.size(); ++index) {
      const Reader::Scope scope(reader, index);
      auto item = read_scalar(reader, node.items[index], kExpected);
      if (item) list.push_back(*std::move(item));
    }
    return boost::json::value(std::move(list));
  }
  static boost::json::value show(const boost::json::value& value) { return value; }
  static boost::json::object schema() {
    return {{"type", {"string", "number", "boolean", "array"}}};
  }

 private:
  static std::optional<boost::json::value> read_scalar(Reader& reader, const Node& node,
                                                       std::string_view expected) {
    auto text = reader.scalar(node, expected);
    if (!text) return std::nullopt;
    return node.is_quoted ? boost::json::value(*text) : parse_typed(*text);
  }
};

template <class T>
struct ValueType<std::vector<T>> {
  static std::optional<std::vector<T>> read(Reader& reader, const Node& node) {
    if (node.kind != Node::Kind::kList) {
      reader.report(node, "`" + reader.path() + "` must be a list");
      return std::nullopt;
    }
    std::vector<T> list;
    for (std::size_t index = 0; index < node.items.size(); ++index) {
      const Reader::Scope scope(reader, index);
      if (auto item = ValueType<T>::read(reader, node.items[index]))
        list.push_back(*std::move(item));
    }
    return list;
  }
  static boost::json::value show(const std::vector<T>& list, Secrets secrets) {
    boost::json::array shown;
    for (const T& item : list) shown.push_back(show_value(item, secrets));
    return shown;
  }
  static boost::json::object schema() {
    return {{"type", "array"}, {"items", ValueType<T>::schema()}};
  }
};

// A map of names to texts, in its order.
template <>
struct ValueType<std::vector<std::pair<std::string, std::string>>> {
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  static std::optional<Pairs> read(Reader& reader, const Node& node) {
    if (node.kind != Node::Kind::kMap) {
      reader.report(node, "`" + reader.path() + "` must be a block of names and values");
      return std::nullopt;
    }
    Pairs pairs;
    for (const Member& member : node.members) {
      const Reader::Scope scope(reader, member.name);
      if (auto text = reader.scalar(member.value, "a text"))
        pairs.emplace_back(member.name, *std::move(text));
    }
    return pairs;
  }
  static boost::json::value show(const Pairs& pairs) {
    boost::json::object shown;
    for (const auto& [name, value] : pairs) shown[name] = value;
    return shown;
  }
  static boost::json::object schema() {
    return {{"type", "object"}, {"additionalProperties", {{"type", "string"}}}};
  }
};

// What may be left out; shown as null then.
template <class T>
struct ValueType<std::optional<T>> {
  static std::optional<std::optional<T>> read(Reader& reader, const Node& node) {
    std::optional<T> value = ValueType<T>::read(reader, node);
    if (!value) return std::nullopt;
    return std::optional<std::optional<T>>(std::move(value));
  }
  static boost::json::value show(const std::optional<T>& value) {
    if (!value) return nullptr;
    return boost::json::value(ValueType<T>::show(*value));
  }
  static boost::json::object schema() { return ValueType<T>::schema(); }
};

}  // namespace yatagarasu::config
