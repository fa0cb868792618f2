#pragma once

#include "admin/operations.h"
#include "admin/view.h"
#include "core/cidr.h"
#include "io/live.h"
#include "io/loop.h"
#include "server/handler.h"

#include <memory>
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
  // `live` outlives it.
  AdminHandler(const io::Live<const View>& live, Operations operations)
      : live_(live), operations_(std::move(operations)) {}

  server::Handled handle(const server::Request& request, io::Loop& loop) override;
  server::Response refuse(int status, std::string_view reason, const core::IpAddress& peer,
                          io::TimePoint started, io::Loop& loop) override;

 private:
  using ViewLease = std::shared_ptr<const View>;

  struct Endpoint {
    std::string_view path;
    std::string_view methods;  // As Allow lists them.
    server::Handled (AdminHandler::*answer)(const ViewLease& view, const server::Request& request,
                                            io::Loop& loop) const;
  };
  static const std::vector<Endpoint>& endpoints();

  server::Handled metrics(const http::RequestHead& head) const;
  server::Handled status(const ViewLease& view, const server::Request& request,
                         io::Loop& loop) const;
  server::Handled reload(const ViewLease& view, const server::Request& request,
                         io::Loop& loop) const;
  server::Handled configuration(const ViewLease& view, const server::Request& request,
                                io::Loop& loop) const;
  server::Handled explain(const ViewLease& view, const server::Request& request,
                          io::Loop& loop) const;
  server::Handled purge(const ViewLease& view, const server::Request& request,
                        io::Loop& loop) const;
  server::Handled stats(const ViewLease& view, const server::Request& request,
                        io::Loop& loop) const;

  const io::Live<const View>& live_;
  Operations operations_;
};

}  // namespace yatagarasu::admin
