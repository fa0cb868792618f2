#include "admin/options.h"
#include "config/bind.h"
#include "config/checks.h"
#include "config/key.h"
#include "config/reader.h"
#include "config/tables.h"
#include "config/yaml_tree.h"
#include "core/cidr.h"

#include <optional>
#include <string>

namespace yatagarasu::config {
namespace {

using admin::Options;

bool is_loopback(const std::string& text) {
  const auto address = core::IpAddress::parse(text);
  const auto contains = [&](const char* block) {
    return core::Cidr::parse(block).value().contains(*address);
  };
  return address && (contains("127.0.0.0/8") || contains("::1/128"));
}

void check_token(Reader& reader, const Node& node, void* owner) {
  const auto& options = *static_cast<const Options*>(owner);
  if (!options.enabled || !options.token.empty() || is_loopback(options.address)) return;
  const Node* const address = node.find("address");
  reader.report(address == nullptr ? node : *address,
                "`admin.token` is needed where `admin.address` is not loopback");
}

}  // namespace

const Block& admin_block() {
  static const Block block{
      .title = "the admin block",
      .keys = {key("address", &Options::address,
                   "The IPv4 or IPv6 address to listen on for operators.",
                   Check<std::string>(must_be_address)),
               key("port", &Options::port, "Its port; 0 picks a free one, which is logged."),
               key("enabled", &Options::enabled, "Whether to listen there at all."),
               key("token", &Options::token,
                   "What `Authorization: Bearer` must carry for everything but health and metrics; "
                   "required unless the address is loopback.")},
      .check = check_token};
  return block;
}

}  // namespace yatagarasu::config
