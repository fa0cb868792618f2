#pragma once

#include "admin/cache_admin.h"
#include "admin/health_board.h"
#include "admin/options.h"
#include "core/cidr.h"
#include "http/message.h"
#include "io/loop.h"
#include "server/handler.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yatagarasu::admin {

// Answers the admin listener: health for everyone, everything else for who has the token.
//
// Without a token whoever reaches the address may do everything, but not the web pages that he
// looks at: a request with an Origin, or for a host that is no address of this machine, is refused.
//
// Threading: the loop of its listener.
class AdminHandler final : public server::Handler {
 public:
  // All outlive it. `cache` is null where nothing is cached; `buckets` are the names of all.
  struct Parts {
    const Options& options;
    const HealthBoard& health;
    CacheAdmin* cache;
    std::vector<std::string> buckets;
  };
  explicit AdminHandler(Parts parts) : parts_(std::move(parts)) {}

  server::Handled handle(const server::Request& request, io::Loop& loop) override;
  server::Response refuse(int status, std::string_view reason, const core::IpAddress& peer,
                          io::TimePoint started, io::Loop& loop) override;

 private:
  std::optional<server::Response> refuse_entry(const http::RequestHead& head) const;
  server::Handled purge(std::string_view body) const;
  server::Response stats() const;

  Parts parts_;
};

}  // namespace yatagarasu::admin
