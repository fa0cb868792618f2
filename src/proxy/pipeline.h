#pragma once

#include "core/cidr.h"
#include "io/loop.h"
#include "io/task.h"
#include "observability/logger.h"
#include "proxy/exchange.h"
#include "proxy/services.h"
#include "server/handler.h"

#include <string_view>
#include <vector>

namespace yatagarasu::proxy {

// The proxy itself: every request's way from its head to its answer.
//
// Threading: handle() runs on every loop; each has its own logger and its own client of a bucket.
class Pipeline final : public server::Handler {
 public:
  // One logger for each loop, by the loop's index. All outlive the pipeline and its exchanges.
  Pipeline(Services& services, std::vector<observability::Logger*> loggers);

  io::Task<server::Response> handle(const server::Request& request, io::Loop& loop) override;
  server::Response refuse(int status, std::string_view reason, const core::IpAddress& peer,
                          io::TimePoint started, io::Loop& loop) override;

 private:
  // The steps in their order. `request` and `exchange` live in handle()'s frame or longer.
  io::Task<server::Response> answer(const server::Request& request, Exchange& exchange,
                                    io::Loop& loop);
  io::Task<server::Response> answer_in(Bucket& bucket, std::string_view key,
                                       const server::Request& request, Exchange& exchange,
                                       io::Loop& loop);

  Services& services_;
  std::vector<observability::Logger*> loggers_;
};

}  // namespace yatagarasu::proxy
