#pragma once

#include "auth/authenticator.h"
#include "core/cidr.h"
#include "io/live.h"
#include "io/loop.h"
#include "io/task.h"
#include "observability/logger.h"
#include "proxy/cached_exchange.h"
#include "proxy/exchange.h"
#include "proxy/request_slot.h"
#include "proxy/services.h"
#include "server/handler.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::proxy {

// The proxy itself: every request's way from its head to its answer.
//
// Threading: handle() runs on every loop; each has its own logger and its own client of a bucket.
class Pipeline final : public server::Handler {
 public:
  // One logger for each loop, by the loop's index. All outlive the pipeline and its exchanges.
  Pipeline(const io::Live<Services>& live, RequestLimit& requests,
           std::vector<observability::Logger*> loggers);

  server::Handled handle(const server::Request& request, io::Loop& loop) override;
  server::Response refuse(int status, std::string_view reason, const core::IpAddress& peer,
                          io::TimePoint started, io::Loop& loop) override;

 private:
  // One request on its way. What it points to lives as long as the request; the exchange, to which
  // the cached one points, stays where it is when this moves.
  struct Visit {
    const server::Request& request;
    io::Loop& loop;
    core::IpAddress client;
    std::unique_ptr<Exchange> exchange;
    Bucket* bucket = nullptr;   // Once it has been found.
    std::string key{};          // As the path named it.
    std::string_view object{};  // What is asked for; in the exchange's key.
    bool is_let_in = false;
    std::optional<CachedExchange> cached{};  // Has to ask, or to wait for one who does.
  };
  using Answer = std::optional<server::Response>;

  // The steps in their order. Empty: go on. try_answer() goes as far as it can without waiting,
  // wait_for_answer() the rest of the way.
  Answer try_answer(Visit& visit);
  Answer find_bucket(Visit& visit);
  Answer check_rates(Visit& visit);
  Answer check_method(Visit& visit);
  Answer let_in(Visit& visit, auth::Decision decision);
  Answer try_hit(Visit& visit);
  io::Task<server::Response> ask(Visit& visit);
  io::Task<server::Response> wait_for_answer(Visit visit);

  // What every answer gets.
  static server::Response complete(Visit& visit, server::Response response);

  const io::Live<Services>& live_;
  RequestLimit& requests_;
  std::vector<observability::Logger*> loggers_;
};

}  // namespace yatagarasu::proxy
