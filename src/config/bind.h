#pragma once

#include "config/key.h"
#include "config/value_type.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Declares keys and binds them to members of option structs.
namespace yatagarasu::config {

// What a value must be beside its type: empty when it is fine, else what completes "must be ".
template <class T>
using Check = std::function<std::optional<std::string>(const T&)>;

enum class Presence : bool { kOptional, kRequired };

template <class Owner, class T>
Key key(std::string_view name, T Owner::* member, std::string_view doc, Check<T> check = {},
        Presence presence = Presence::kOptional) {
  Key declared{.name = name, .doc = doc, .is_required = presence == Presence::kRequired};
  declared.schema = ValueType<T>::schema();
  declared.read = [member, check = std::move(check)](Reader& reader, const Node& node,
                                                     void* owner) {
    auto value = ValueType<T>::read(reader, node);
    if (!value) return;
    if (check) {
      if (const auto wrong = check(*value)) {
        reader.report(node, "`" + reader.path() + "` must be " + *wrong);
        return;
      }
    }
    static_cast<Owner*>(owner)->*member = *std::move(value);
  };
  declared.show = [member](const void* owner, Secrets secrets) {
    return show_value(static_cast<const Owner*>(owner)->*member, secrets);
  };
  return declared;
}

// A text out of a few, each with its value.
template <class Owner, class T>
Key choice(std::string_view name, T Owner::* member,
           std::vector<std::pair<std::string_view, T>> choices, std::string_view doc) {
  Key declared{.name = name, .doc = doc};
  boost::json::array names;
  std::string expected;
  for (const auto& [text, value] : choices) {
    names.emplace_back(text);
    expected += (expected.empty() ? "`" : ", `") + std::string(text) + "`";
  }
  declared.schema = {{"enum", std::move(names)}};
  declared.read = [member, choices, expected = "one of " + expected](
                      Reader& reader, const Node& node, void* owner) {
    const auto text = reader.scalar(node, expected);
    if (!text) return;
    for (const auto& [each, value] : choices) {
      if (each != *text) continue;
      static_cast<Owner*>(owner)->*member = value;
      return;
    }
    reader.report(node, "`" + reader.path() + "` must be " + expected);
  };
  declared.show = [member, choices = std::move(choices)](const void* owner,
                                                         Secrets) -> boost::json::value {
    for (const auto& [text, value] : choices) {
      if (value == static_cast<const Owner*>(owner)->*member) return boost::json::value(text);
    }
    return nullptr;
  };
  return declared;
}

// A nested block.
template <class Owner, class T>
Key nested(std::string_view name, T Owner::* member, const Block& block, std::string_view doc,
           Presence presence = Presence::kOptional) {
  Key declared{
      .name = name, .doc = doc, .is_required = presence == Presence::kRequired, .block = &block};
  declared.read = [member, &block](Reader& reader, const Node& node, void* owner) {
    read_block(reader, block, node, &(static_cast<Owner*>(owner)->*member));
  };
  declared.show = [member, &block](const void* owner, Secrets secrets) {
    return boost::json::value(
        show_block(block, &(static_cast<const Owner*>(owner)->*member), secrets));
  };
  return declared;
}

// A nested block whose absence means something.
template <class Owner, class T>
Key nested(std::string_view name, std::optional<T> Owner::* member, const Block& block,
           std::string_view doc) {
  Key declared{.name = name, .doc = doc, .block = &block};
  declared.read = [member, &block](Reader& reader, const Node& node, void* owner) {
    read_block(reader, block, node, &(static_cast<Owner*>(owner)->*member).emplace());
  };
  declared.show = [member, &block](const void* owner, Secrets secrets) -> boost::json::value {
    const std::optional<T>& value = static_cast<const Owner*>(owner)->*member;
    if (!value) return nullptr;
    return show_block(block, &*value, secrets);
  };
  return declared;
}

// Keys of a further block that are members of the same struct.
template <class Owner>
Key grouped(std::string_view name, const Block& block, std::string_view doc) {
  Key declared{.name = name, .doc = doc, .block = &block};
  declared.read = [&block](Reader& reader, const Node& node, void* owner) {
    read_block(reader, block, node, owner);
  };
  declared.show = [&block](const void* owner, Secrets secrets) {
    return boost::json::value(show_block(block, owner, secrets));
  };
  return declared;
}

// A key of a struct that is a member of another.
template <class Outer, class Inner>
Key within(Inner Outer::* member, Key key) {
  key.read = [member, read = key.read](Reader& reader, const Node& node, void* owner) {
    read(reader, node, &(static_cast<Outer*>(owner)->*member));
  };
  key.show = [member, show = key.show](const void* owner, Secrets secrets) {
    return show(&(static_cast<const Outer*>(owner)->*member), secrets);
  };
  return key;
}

// A list of blocks.
template <class Owner, class T>
Key list_of(std::string_view name, std::vector<T> Owner::* member, const Block& block,
            std::string_view doc, Presence presence) {
  Key declared{.name = name,
               .doc = doc,
               .is_required = presence == Presence::kRequired,
               .is_list_of_blocks = true,
               .block = &block};
  declared.read = [member, &block](Reader& reader, const Node& node, void* owner) {
    if (node.kind != Node::Kind::kList) {
      reader.report(node, "`" + reader.path() + "` must be a list");
      return;
    }
    auto& list = static_cast<Owner*>(owner)->*member;
    list.clear();  // What is given replaces the default.
    for (std::size_t index = 0; index < node.items.size(); ++index) {
      const Reader::Scope scope(reader, index);
      read_block(reader, block, node.items[index], &list.emplace_back());
    }
  };
  declared.show = [member, &block](const void* owner, Secrets secrets) {
    boost::json::array shown;
    for (const T& item : static_cast<const Owner*>(owner)->*member) {
      shown.emplace_back(show_block(block, &item, secrets));
    }
    return boost::json::value(std::move(shown));
  };
  return declared;
}

}  // namespace yatagarasu::config
