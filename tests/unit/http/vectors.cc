#include "unit/http/vectors.h"

#include <boost/json.hpp>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>

namespace yatagarasu::http {
namespace {

namespace json = boost::json;

json::array load_cases(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return json::parse(text).at("cases").as_array();
}

// The files spell each byte as the code point of the same number.
std::string to_bytes(std::string_view utf8) {
  std::string bytes;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    unsigned code = static_cast<unsigned char>(utf8[i]);
    if (code >= 0x80) {
      const unsigned next = static_cast<unsigned char>(utf8.at(++i));
      code = (code << 6U) | (next & 0x3fU);
    }
    bytes.push_back(static_cast<char>(static_cast<unsigned char>(code)));
  }
  return bytes;
}

std::string text_of(const json::value& value) {
  return json::value_to<std::string>(value);
}

WireCase::Expect expect_of(std::string_view word) {
  if (word == "reject") return WireCase::Expect::kReject;
  if (word == "accept") return WireCase::Expect::kAccept;
  if (word == "either") return WireCase::Expect::kEither;
  throw std::runtime_error("unknown verdict " + std::string(word));
}

WireCase wire_case(const json::object& entry) {
  WireCase wire;
  wire.id = text_of(entry.at("id"));
  wire.raw = to_bytes(entry.at("raw").as_string());
  wire.expect = expect_of(entry.at("expect").as_string());
  if (const auto* fault = entry.if_contains("fault")) wire.is_body_fault = *fault == "body";
  if (const auto* prefer = entry.if_contains("prefer")) wire.prefers_reject = *prefer == "reject";
  if (const auto* status = entry.if_contains("status")) {
    wire.statuses = json::value_to<std::vector<int>>(*status);
  }
  if (const auto* responses = entry.if_contains("responses")) {
    const auto bounds = json::value_to<std::vector<int>>(*responses);
    wire.responses.emplace(bounds.at(0), bounds.at(1));
  }
  if (const auto* paths = entry.if_contains("never_upstream")) {
    wire.never_upstream = json::value_to<std::vector<std::string>>(*paths);
  }
  return wire;
}

RangeCase range_case(const json::object& entry) {
  RangeCase range;
  range.id = text_of(entry.at("id"));
  range.size = entry.at("size").to_number<unsigned long>();
  if (const auto& value = entry.at("range"); value.is_string()) range.range = text_of(value);
  for (const auto& [name, value] : entry.at("headers").as_object()) {
    range.headers.emplace_back(name, text_of(value));
  }
  for (const json::value& allowed : entry.at("allowed").as_array()) {
    const json::object& outcome = allowed.as_object();
    RangeCase::Outcome& added = range.allowed.emplace_back();
    added.status = outcome.at("status").to_number<int>();
    const auto* content_range = outcome.if_contains("content_range");
    if (content_range != nullptr && content_range->is_string()) {
      added.content_range = text_of(*content_range);
    }
  }
  return range;
}

}  // namespace

std::vector<WireCase> load_wire_cases(const std::string& path) {
  std::vector<WireCase> cases;
  for (const json::value& entry : load_cases(path)) cases.push_back(wire_case(entry.as_object()));
  return cases;
}

std::vector<RangeCase> load_range_cases(const std::string& path) {
  std::vector<RangeCase> cases;
  for (const json::value& entry : load_cases(path)) {
    if (entry.as_object().contains("scenario")) continue;
    cases.push_back(range_case(entry.as_object()));
  }
  return cases;
}

}  // namespace yatagarasu::http
