#include "http/cache_control.h"

#include "core/ascii.h"
#include "http/fields.h"
#include "http/syntax.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace yatagarasu::http {
namespace {

using std::chrono::seconds;

struct Directive {
  std::string_view name;
  std::string_view argument;  // Without quotes.
  bool is_malformed = false;  // The name is followed by something that is no argument.
};

// Takes one directive after the other off a list (RFC 9111 §5.2: token [ "=" ( token /
// quoted-string ) ]).
class DirectiveReader {
 public:
  explicit DirectiveReader(std::string_view list) : rest_(list) {}

  std::optional<Directive> next() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t,"), rest_.size()));
    if (rest_.empty()) return std::nullopt;
    Directive directive;
    directive.name = take_token();
    if (rest_.starts_with('=')) {
      rest_.remove_prefix(1);
      directive.argument = rest_.starts_with('"') ? take_quoted() : take_token();
    }
    directive.is_malformed = !skip_to_comma();
    return directive;
  }

  bool has_open_quote() const { return has_open_quote_; }

 private:
  std::string_view take(std::size_t length) {
    const std::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  std::string_view take_token() {
    const auto end = std::ranges::find_if_not(rest_, is_token_char);
    return take(static_cast<std::size_t>(end - rest_.begin()));
  }

  // What is between the quotes, escapes as they are: neither a number nor a name has one.
  std::string_view take_quoted() {
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '\\') {
        ++i;
      } else if (rest_[i] == '"') {
        return take(i + 1).substr(1, i - 1);
      }
    }
    has_open_quote_ = true;
    rest_ = {};
    return {};
  }

  // To the comma that ends the directive; false when there is more than white space before it.
  bool skip_to_comma() {
    bool is_blank = true;
    while (!rest_.empty() && rest_.front() != ',') {
      is_blank = is_blank && (rest_.front() == ' ' || rest_.front() == '\t');
      if (rest_.front() == '"') {
        take_quoted();
      } else {
        rest_.remove_prefix(1);
      }
    }
    return is_blank;
  }

  std::string_view rest_;
  bool has_open_quote_ = false;
};

constexpr std::array<std::pair<std::string_view, bool CacheControl::*>, 6> kFlags = {{
    {"no-store", &CacheControl::no_store},
    {"public", &CacheControl::is_public},
    {"must-revalidate", &CacheControl::must_revalidate},
    {"proxy-revalidate", &CacheControl::proxy_revalidate},
    {"must-understand", &CacheControl::must_understand},
    {"only-if-cached", &CacheControl::only_if_cached},
}};

constexpr std::array<std::pair<std::string_view, std::optional<seconds> CacheControl::*>, 4>
    kDeltas = {{
        {"max-age", &CacheControl::max_age},
        {"s-maxage", &CacheControl::s_maxage},
        {"stale-while-revalidate", &CacheControl::stale_while_revalidate},
        {"stale-if-error", &CacheControl::stale_if_error},
    }};

struct Qualified {
  std::string_view name;
  bool CacheControl::* whole;
  FieldNames CacheControl::* fields;
};

// RFC 9111 §5.2.2.4, §5.2.2.7: with an argument they are about the named fields alone.
constexpr std::array<Qualified, 2> kQualified = {{
    {"no-cache", &CacheControl::no_cache, &CacheControl::no_cache_fields},
    {"private", &CacheControl::is_private, &CacheControl::private_fields},
}};

seconds delta_of(const Directive& directive) {
  if (directive.is_malformed) return seconds(0);
  return parse_delta_seconds(directive.argument).value_or(seconds(0));
}

// The names of a list of fields; empty unless all of them are names.
FieldNames names_of(const Directive& directive) {
  FieldNames names;
  if (directive.is_malformed) return names;
  std::string_view list = directive.argument;
  while (const auto name = next_member(list)) {
    if (!is_token(*name)) return {};
    names.push_back(*name);
  }
  return names;
}

void apply(const Directive& directive, CacheControl& control) {
  for (const auto& [name, flag] : kFlags) {
    if (core::iequals(name, directive.name)) control.*flag = true;
  }
  for (const auto& [name, delta] : kDeltas) {
    if (!core::iequals(name, directive.name)) continue;
    if (!(control.*delta)) control.*delta = delta_of(directive);
  }
  for (const Qualified& qualified : kQualified) {
    if (!core::iequals(qualified.name, directive.name)) continue;
    const FieldNames names = names_of(directive);
    if (names.empty()) control.*qualified.whole = true;
    FieldNames& all = control.*qualified.fields;
    all.insert(all.end(), names.begin(), names.end());
  }
}

}  // namespace

std::optional<seconds> parse_delta_seconds(std::string_view text) {
  if (text.empty() || !std::ranges::all_of(text, core::is_digit)) return std::nullopt;
  std::int64_t value = 0;
  for (const char digit : text) {
    value = std::min<std::int64_t>(value * 10 + (digit - '0'), kMaxDelta.count());
  }
  return seconds(value);
}

CacheControl parse_cache_control(const Fields& fields) {
  CacheControl control;
  for (const Field& field : fields) {
    if (!core::iequals(field.name, "Cache-Control")) continue;
    DirectiveReader reader(field.value);
    while (const auto directive = reader.next()) apply(*directive, control);
    control.no_store = control.no_store || reader.has_open_quote();
  }
  return control;
}

}  // namespace yatagarasu::http
