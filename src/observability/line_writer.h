#pragma once

#include "observability/access_record.h"
#include "observability/field.h"
#include "observability/options.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace yatagarasu::observability {

// Longer texts are cut and end in an ellipsis: one request cannot fill the log's buffer.
inline constexpr std::size_t kMaxValueBytes = 4096;

// Appends one line to a caller's buffer: begin(), any number of fields, end().
//
//   json  {"timestamp":"…","level":"info","message":"…","key":"value"}
//   text  2026-07-01T12:00:00.123Z INFO message key=value
class LineWriter {
 public:
  LineWriter(std::string& out, Format format) : out_(out), format_(format) {}

  void begin(std::chrono::system_clock::time_point now, Level level, std::string_view message);
  void field(std::string_view key, std::string_view text);
  void field(std::string_view key, std::int64_t number);
  void field(std::string_view key, std::uint64_t number);
  void field(std::string_view key, double number);  // One that is not finite becomes null.
  void field(std::string_view key, bool flag);
  void field(std::string_view key, std::chrono::microseconds duration);  // In ms: 12.345.
  void field(const Field& field);
  void fields(const AccessRecord& record);
  void end();

 private:
  void key(std::string_view key);
  void plain(std::string_view key, std::string_view text);  // As it is.
  // False, and nothing appended: a text does not stand for itself, or all are long.
  bool append_plain(const AccessRecord& record);

  std::string& out_;
  Format format_;
};

}  // namespace yatagarasu::observability
