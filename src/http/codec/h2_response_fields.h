#pragma once

#include "http/codec/h2_session.h"

#include <boost/container/small_vector.hpp>
#include <nghttp2/nghttp2.h>

#include <array>
#include <span>

namespace yatagarasu::http {

// The fields of one answer as nghttp2 takes them. Views into the answer and this object.
class H2ResponseFields {
 public:
  explicit H2ResponseFields(const H2Answer& answer);
  H2ResponseFields(const H2ResponseFields&) = delete;
  H2ResponseFields& operator=(const H2ResponseFields&) = delete;

  std::span<const nghttp2_nv> fields() const { return {fields_.data(), fields_.size()}; }

 private:
  void add(std::string_view name, std::string_view value);

  std::array<char, 3> status_{};
  std::array<char, 20> length_{};
  boost::container::small_vector<nghttp2_nv, 24> fields_;
};

}  // namespace yatagarasu::http
