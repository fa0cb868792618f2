#pragma once

#include "core/result.h"
#include "server/options.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::io {
class TlsServerContext;
class TlsTicketKeys;
}  // namespace yatagarasu::io

namespace yatagarasu::server {

inline constexpr std::string_view kAlpnHttp2 = "h2";

// What a listener speaks, by its ALPN names, the best first.
std::vector<std::string> protocols_of(const Options& options);

// Reads the files that the options name, for who wants to know what is wrong with them.
std::vector<TlsFinding> check_tls(const TlsOptions& options);

// Reads them to use them; null without a `tls` block. kConfiguration with what is wrong.
core::Result<std::shared_ptr<const io::TlsServerContext>> load_tls(
    const Options& options, std::shared_ptr<io::TlsTicketKeys> keys);

}  // namespace yatagarasu::server
