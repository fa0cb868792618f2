#include "observability/line_writer.h"

#include "observability/access_record.h"
#include "observability/decimal.h"
#include "observability/escape.h"
#include "observability/field.h"
#include "observability/options.h"
#include "observability/plain_json.h"
#include "observability/timestamp.h"

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

bool continues_utf8(char c) {
  return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
}

// Where to cut so that no UTF-8 sequence, none of which has more than three further bytes, is torn.
std::size_t cut_position(std::string_view text) {
  std::size_t position = kMaxValueBytes;
  while (position > kMaxValueBytes - 3 && continues_utf8(text[position])) --position;
  return position;
}

// In the order of the line; into a LineWriter, or what is quicker.
template <class Line>
[[gnu::always_inline]] inline void put_fields(Line& line, const AccessRecord& record) {
  const auto put = [&line](std::string_view key, std::string_view text)
                       __attribute__((always_inline)) {
                         if (!text.empty()) line.field(key, text);
                       };
  put("request_id", record.request_id);
  put("client_ip", record.client_ip);
  line.field("method", record.method);
  line.field("path", record.path);
  line.field("status", static_cast<std::uint64_t>(record.status));
  line.field("bytes_sent", record.bytes_sent);
  line.field("duration_ms", record.duration);
  put("bucket", record.bucket);
  put("s3_key", record.s3_key);
  put("cache", record.cache);
  put("subject", record.subject);
  put("tls_subject", record.tls_subject);
  put("user_agent", record.user_agent);
  put("protocol", record.protocol);
  if (record.attempts != 0) {
    if (record.s3_status != 0) {
      line.field("s3_status", static_cast<std::uint64_t>(record.s3_status));
    }
    put("s3_request_id", record.s3_request_id);
    line.field("s3_duration_ms", record.s3_duration);
    line.field("attempts", std::uint64_t{record.attempts});
  }
  put("error", record.error);
  put("reason", record.reason);
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
  const bool is_json = format_ == Format::kJson;
  out_ += is_json ? ",\"" : " ";
  out_ += key;
  out_ += is_json ? "\":" : "=";
}

void LineWriter::plain(std::string_view key, std::string_view text) {
  this->key(key);
  out_ += text;
}

void LineWriter::field(std::string_view key, std::string_view text) {
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
  std::array<char, kMaxMilliseconds> text{};
  plain(key, {text.data(), put_milliseconds(text.data(), duration)});
}

void LineWriter::field(const Field& field) {
  std::visit([&](const auto& value) { this->field(field.key, value); }, field.value.get());
}

void LineWriter::fields(const AccessRecord& record) {
  if (format_ != Format::kJson || !append_plain(record)) put_fields(*this, record);
}

bool LineWriter::append_plain(const AccessRecord& record) {
  PlainJsonSize size;
  put_fields(size, record);
  if (size.bytes() > kMaxValueBytes) return false;  // A text may have to be cut.
  const std::size_t before = out_.size();
  bool is_plain = false;
  out_.resize_and_overwrite(before + size.bytes(), [&](char* bytes, std::size_t /*room*/) {
    PlainJson line(bytes + before);
    put_fields(line, record);
    is_plain = line.is_plain();
    return is_plain ? static_cast<std::size_t>(line.end() - bytes) : before;
  });
  return is_plain;
}

void LineWriter::end() {
  out_ += format_ == Format::kJson ? "}\n" : "\n";
}

}  // namespace yatagarasu::observability
