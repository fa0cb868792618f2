#include "config/reader.h"

#include "config/problem.h"
#include "config/substitution.h"
#include "config/yaml_tree.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace yatagarasu::config {
namespace {

// What is shorter is no secret, and would be found in the words of a message.
constexpr std::size_t kShortestHidden = 4;

std::vector<Problem> sorted(std::vector<Problem> problems) {
  std::ranges::sort(problems, {}, [](const Problem& problem) {
    return std::tie(problem.line, problem.column, problem.message);
  });
  return problems;
}

}  // namespace

void Reader::report(const Node& node, std::string message) {
  report(node.line, node.column, std::move(message));
}

void Reader::report(int line, int column, std::string message) {
  for (const Substituted& each : substituted_) {
    for (std::size_t at = message.find(each.value); at != std::string::npos;
         at = message.find(each.value, at + each.text.size())) {
      message.replace(at, each.value.size(), each.text);
    }
  }
  problems_.push_back(
      {.file = file_, .line = line, .column = column, .message = std::move(message)});
}

void Reader::warn(const Node& node, std::string message) {
  warnings_.push_back(
      {.file = file_, .line = node.line, .column = node.column, .message = std::move(message)});
}

std::optional<std::string> Reader::scalar(const Node& node, std::string_view expected) {
  if (node.kind != Node::Kind::kScalar) {
    report(node, "`" + path_ + "` must be " + std::string(expected));
    return std::nullopt;
  }
  auto text = substitute(node.text, environment_);
  if (!text) {
    report(node, "`" + path_ + "`: " + text.error());
    return std::nullopt;
  }
  if (text->size() >= kShortestHidden && *text != node.text) {
    substituted_.push_back({.value = *text, .text = node.text});
  }
  return *std::move(text);
}

Reader::Scope::Scope(Reader& reader, std::string_view key)
    : reader_(reader), before_(reader.path_.size()) {
  if (!reader.path_.empty()) reader.path_ += '.';
  reader.path_ += key;
}

Reader::Scope::Scope(Reader& reader, std::size_t index)
    : reader_(reader), before_(reader.path_.size()) {
  reader.path_ += "[" + std::to_string(index) + "]";
}

std::vector<Problem> Reader::take_problems() {
  return sorted(std::exchange(problems_, {}));
}

std::vector<Problem> Reader::take_warnings() {
  return sorted(std::exchange(warnings_, {}));
}

}  // namespace yatagarasu::config
