#include "config/yaml_tree.h"

#include "config/problem.h"

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/emitterstyle.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstddef>
#include <expected>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::config {
namespace {

constexpr int kMaxDepth = 16;               // The deepest key of the configuration is at 6.
constexpr std::size_t kMaxNodes = 500'000;  // 10,000 buckets of 50 values.

struct Position {
  int line;
  int column;
};

Position position_of(const YAML::Node& node) {
  return {node.Mark().line + 1, node.Mark().column + 1};
}

class Converter {
 public:
  Converter(const std::string& file, std::vector<Problem>& problems)
      : file_(file), problems_(problems) {}

  Node convert(const YAML::Node& yaml, int depth) {
    Node node;
    const auto [line, column] = position_of(yaml);
    node.line = line;
    node.column = column;
    if (++nodes_ > kMaxNodes || depth > kMaxDepth) {
      if (!std::exchange(is_too_large_, true)) {
        report(line, column, "the document is nested too deeply or too large");
      }
      return node;
    }
    switch (yaml.Type()) {
      case YAML::NodeType::Scalar:
        node.kind = Node::Kind::kScalar;
        node.text = yaml.Scalar();
        node.is_quoted = yaml.Tag() == "!";
        break;
      case YAML::NodeType::Sequence:
        node.kind = Node::Kind::kList;
        for (const YAML::Node& item : yaml) {
          if (is_too_large_) break;
          node.items.push_back(convert(item, depth + 1));
        }
        break;
      case YAML::NodeType::Map:
        node.kind = Node::Kind::kMap;
        for (const auto& member : yaml) {
          if (is_too_large_) break;
          add_member(node, member.first, member.second, depth);
        }
        break;
      case YAML::NodeType::Null:
      case YAML::NodeType::Undefined: break;
    }
    return node;
  }

 private:
  void add_member(Node& node, const YAML::Node& name, const YAML::Node& value, int depth) {
    const auto [line, column] = position_of(name);
    if (!name.IsScalar()) {
      report(line, column, "a key must be a plain name");
      return;
    }
    if (const Node* const first = node.find(name.Scalar())) {
      report(line, column,
             "`" + name.Scalar() + "` is given twice; the first is in line " +
                 std::to_string(first->line));
      return;
    }
    Member member{
        .name = name.Scalar(), .line = line, .column = column, .value = convert(value, depth + 1)};
    if (value.IsNull()) {  // A missing value has no place of its own.
      member.value.line = line;
      member.value.column = column;
    }
    node.members.push_back(std::move(member));
  }

  void report(int line, int column, std::string message) {
    problems_.push_back(
        {.file = file_, .line = line, .column = column, .message = std::move(message)});
  }

  const std::string& file_;
  std::vector<Problem>& problems_;
  std::size_t nodes_ = 0;
  bool is_too_large_ = false;
};

// The offset of the first byte that is no UTF-8 or a NUL.
std::optional<std::size_t> find_bad_byte(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    std::size_t length = 0;
    if (byte < 0x80)
      length = 1;
    else if (byte >= 0xC2 && byte < 0xE0)
      length = 2;
    else if (byte >= 0xE0 && byte < 0xF0)
      length = 3;
    else if (byte >= 0xF0 && byte < 0xF5)
      length = 4;
    if (byte == 0 || length == 0 || i + length > text.size()) return i;
    for (std::size_t next = 1; next < length; ++next) {
      if ((static_cast<unsigned char>(text[i + next]) & 0xC0U) != 0x80U) return i;
    }
    i += length;
  }
  return std::nullopt;
}

// Remembers where a document begins and looks at nothing else.
class DocumentStart final : public YAML::EventHandler {
 public:
  Position position{};

  void OnDocumentStart(const YAML::Mark& mark) override {
    position = {.line = mark.line + 1, .column = mark.column + 1};
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {}
  void OnAlias(const YAML::Mark& /*mark*/, YAML::anchor_t /*anchor*/) override {}
  void OnScalar(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                const std::string& /*value*/) override {}
  void OnSequenceStart(const YAML::Mark& /*mark*/, const std::string& /*tag*/,
                       YAML::anchor_t /*anchor*/, YAML::EmitterStyle::value /*style*/) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& /*mark*/, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {}
  void OnMapEnd() override {}
};

// At most two documents are asked for: behind a token that fits nowhere the library finds empty
// ones without end.
std::optional<Position> find_second_document(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  DocumentStart start;
  if (!parser.HandleNextDocument(start) || !parser.HandleNextDocument(start)) return std::nullopt;
  return start.position;
}

}  // namespace

const Node* Node::find(std::string_view name) const {
  const auto found = std::ranges::find(members, name, &Member::name);
  return found == members.end() ? nullptr : &found->value;
}

std::expected<Node, std::vector<Problem>> parse_yaml(const std::string& file,
                                                     const std::string& text) {
  const auto refuse = [&](int line, int column, std::string message) {
    return std::unexpected(std::vector<Problem>{
        {.file = file, .line = line, .column = column, .message = std::move(message)}});
  };
  if (const auto bad = find_bad_byte(text)) {
    const auto before = std::string_view(text).substr(0, *bad);
    const auto line = std::ranges::count(before, '\n') + 1;
    const std::size_t line_start = before.rfind('\n') + 1;
    return refuse(static_cast<int>(line), static_cast<int>(*bad - line_start) + 1,
                  "the file holds a byte that is no UTF-8 text");
  }
  YAML::Node document;
  try {
    if (const auto second = find_second_document(text)) {
      return refuse(second->line, second->column,
                    "the file holds a second document, or text that belongs to none");
    }
    document = YAML::Load(text);
  } catch (const YAML::Exception& error) {
    return refuse(error.mark.line + 1, error.mark.column + 1, "malformed YAML: " + error.msg);
  }
  if (document.IsNull()) return refuse(0, 0, "the file is empty");
  std::vector<Problem> problems;
  Node root = Converter(file, problems).convert(document, 0);
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return root;
}

}  // namespace yatagarasu::config
