#pragma once

#include "config/problem.h"
#include "config/substitution.h"
#include "config/yaml_tree.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::config {

// What reading one file has in hand: where it is in the document, the environment, and the
// problems found so far. Reading goes on after a problem, so that all are reported together.
class Reader {
 public:
  Reader(std::string file, Environment environment)
      : file_(std::move(file)), environment_(std::move(environment)) {}

  // What variables and files gave is shown as the text that stands for it: it may be a secret that
  // got to the wrong key.
  void report(const Node& node, std::string message);
  void report(int line, int column, std::string message);
  // Something that is allowed, but unwise.
  void warn(const Node& node, std::string message);

  // The text of a scalar with its variables replaced; reports and gives nothing for what is none.
  // `expected` completes "must be ".
  std::optional<std::string> scalar(const Node& node, std::string_view expected);

  // The key being read, for messages: "buckets[1].s3.region".
  const std::string& path() const { return path_; }
  class Scope {
   public:
    Scope(Reader& reader, std::string_view key);
    Scope(Reader& reader, std::size_t index);
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope() { reader_.path_.resize(before_); }

   private:
    Reader& reader_;
    std::size_t before_;
  };

  // Both in the order of their places.
  std::vector<Problem> take_problems();
  std::vector<Problem> take_warnings();

 private:
  // From here on `value` is shown as `text`.
  struct Substituted {
    std::string value;
    std::string text;
  };

  std::string file_;
  Environment environment_;
  std::string path_;
  std::vector<Substituted> substituted_;
  std::vector<Problem> problems_;
  std::vector<Problem> warnings_;
};

}  // namespace yatagarasu::config
