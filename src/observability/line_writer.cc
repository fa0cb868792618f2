#include "observability/line_writer.h"

#include "observability/access_record.h"
#include "observability/escape.h"
#include "observability/field.h"
#include "observability/options.h"
#include "observability/timestamp.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace yatagarasu::observability {
namespace {

constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

struct LevelNames {
  std::string_view json;
  std::string_view text;
};

constexpr LevelNames names_of(Level level) {
  switch (level) {
    case Level::kDebug: return {"debug", "DEBUG"};
    case Level::kInfo: return {"info", "INFO"};
    case Level::kWarn: return {"warn", "WARN"};
    case Level::kError: return {"error", "ERROR"};
  }
  return {};
}

// A number as text.
class Digits {
 public:
  template <class Number>
  explicit Digits(Number number) {
    end_ = std::to_chars(digits_.data(), digits_.data() + digits_.size(), number).ptr;
  }
  Digits(const Digits&) = delete;
  Digits& operator=(const Digits&) = delete;

  operator std::string_view() const { return {digits_.data(), end_}; }

 private:
  std::array<char, 32> digits_{};
  char* end_ = nullptr;
};

// All of the parts, for one look at the room that is left.
template <class... Parts>
void append_all(std::string& out, const Parts&... parts) {
  const std::size_t before = out.size();
  const std::size_t after = before + (std::string_view(parts).size() + ...);
  // libstdc++ 12 passes the capacity, not the size that was asked for.
  out.resize_and_overwrite(after, [&](char* bytes, std::size_t /*room*/) {
    char* at = bytes + before;
    ((at = std::ranges::copy(std::string_view(parts), at).out), ...);
    return after;
  });
}

bool continues_utf8(char c) {
  return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
}

// Where to cut so that no UTF-8 sequence, none of which has more than three further bytes, is torn.
std::size_t cut_position(std::string_view text) {
  std::size_t position = kMaxValueBytes;
  while (position > kMaxValueBytes - 3 && continues_utf8(text[position])) --position;
  return position;
}

}  // namespace

void LineWriter::begin(std::chrono::system_clock::time_point now, Level level,
                       std::string_view message) {
  const LevelNames names = names_of(level);
  if (format_ == Format::kJson) {
    out_ += "{\"timestamp\":\"";
    append_timestamp(out_, now);
    out_ += "\",\"level\":\"";
    out_ += names.json;
    out_ += '"';
    field("message", message);
  } else {
    append_timestamp(out_, now);
    out_ += ' ';
    out_ += names.text;
    out_ += ' ';
    append_escaped(out_, message.substr(0, kMaxValueBytes));
  }
}

void LineWriter::key(std::string_view key) {
  if (format_ == Format::kJson) {
    append_all(out_, ",\"", key, "\":");
  } else {
    append_all(out_, " ", key, "=");
  }
}

void LineWriter::plain(std::string_view key, std::string_view text) {
  if (format_ == Format::kJson) {
    append_all(out_, ",\"", key, "\":", text);
  } else {
    append_all(out_, " ", key, "=", text);
  }
}

void LineWriter::field(std::string_view key, std::string_view text) {
  // Most texts are short, and stand for themselves.
  if (format_ == Format::kJson && text.size() <= kMaxValueBytes && needs_no_escape(text)) {
    append_all(out_, ",\"", key, "\":\"", text, "\"");
    return;
  }
  this->key(key);
  std::string cut;
  if (text.size() > kMaxValueBytes) {
    cut = text.substr(0, cut_position(text));
    cut += kEllipsis;
    text = cut;
  }
  if (format_ == Format::kJson) {
    append_quoted(out_, text);
  } else {
    append_text_value(out_, text);
  }
}

void LineWriter::field(std::string_view key, std::int64_t number) {
  plain(key, Digits(number));
}

void LineWriter::field(std::string_view key, std::uint64_t number) {
  plain(key, Digits(number));
}

void LineWriter::field(std::string_view key, double number) {
  if (std::isfinite(number)) {
    plain(key, Digits(number));
  } else {
    plain(key, "null");
  }
}

void LineWriter::field(std::string_view key, bool flag) {
  plain(key, flag ? "true" : "false");
}

void LineWriter::field(std::string_view key, std::chrono::microseconds duration) {
  const auto count = duration.count() < 0 ? 0 : duration.count();
  plain(key, Digits(count / 1000));
  const auto part = count % 1000;
  const std::array<char, 4> tail = {'.', static_cast<char>('0' + part / 100),
                                    static_cast<char>('0' + part / 10 % 10),
                                    static_cast<char>('0' + part % 10)};
  out_.append(tail.data(), tail.size());
}

void LineWriter::field(const Field& field) {
  std::visit([&](const auto& value) { this->field(field.key, value); }, field.value.get());
}

void LineWriter::text_unless_empty(std::string_view key, std::string_view text) {
  if (!text.empty()) field(key, text);
}

void LineWriter::fields(const AccessRecord& record) {
  text_unless_empty("request_id", record.request_id);
  text_unless_empty("client_ip", record.client_ip);
  field("method", record.method);
  field("path", record.path);
  field("status", std::int64_t{record.status});
  field("bytes_sent", record.bytes_sent);
  field("duration_ms", record.duration);
  text_unless_empty("bucket", record.bucket);
  text_unless_empty("s3_key", record.s3_key);
  text_unless_empty("cache", record.cache);
  text_unless_empty("subject", record.subject);
  text_unless_empty("tls_subject", record.tls_subject);
  text_unless_empty("user_agent", record.user_agent);
  text_unless_empty("protocol", record.protocol);
  if (record.attempts != 0) origin_fields(record);
  text_unless_empty("error", record.error);
  text_unless_empty("reason", record.reason);
}

void LineWriter::origin_fields(const AccessRecord& record) {
  if (record.s3_status != 0) field("s3_status", std::int64_t{record.s3_status});
  text_unless_empty("s3_request_id", record.s3_request_id);
  field("s3_duration_ms", record.s3_duration);
  field("attempts", std::uint64_t{record.attempts});
}

void LineWriter::end() {
  out_ += format_ == Format::kJson ? "}\n" : "\n";
}

}  // namespace yatagarasu::observability
