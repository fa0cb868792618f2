#include "http/connection_option.h"

#include "core/ascii.h"
#include "http/fields.h"
#include "http/syntax.h"

#include <algorithm>
#include <string_view>

namespace yatagarasu::http {

bool is_connection_option(const Fields& fields, std::string_view name) {
  return std::ranges::any_of(fields, [&](const Field& field) {
    return core::iequals(field.name, "Connection") && has_member(field.value, name);
  });
}

}  // namespace yatagarasu::http
