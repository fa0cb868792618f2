#include "admin/json_answer.h"

#include "server/handler.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace yatagarasu::admin {

server::Response json_answer(int status, std::string body) {
  server::Response response = text_answer("application/json", std::move(body));
  response.status = status;
  return response;
}

server::Response text_answer(std::string_view content_type, std::string body) {
  server::Response response;
  response.status = 200;
  response.headers.add("Content-Type", content_type);
  response.headers.add("Cache-Control", "no-store");
  response.body = std::move(body);
  return response;
}

server::Response json_error(int status, std::string_view error, std::string_view message) {
  const boost::json::object body{{"error", error}, {"message", message}, {"status", status}};
  return json_answer(status, boost::json::serialize(body) + "\n");
}

}  // namespace yatagarasu::admin
