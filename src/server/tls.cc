#include "server/tls.h"

#include "core/result.h"
#include "io/task.h"
#include "io/tls_server_context.h"
#include "io/tls_ticket_keys.h"
#include "server/options.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace yatagarasu::server {
namespace {

using Contexts = io::TlsServerContext::Loaded;

Contexts load(const TlsOptions& options, const std::vector<std::string>& protocols,
              std::shared_ptr<io::TlsTicketKeys> keys) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return io::TlsServerContext::load(options, protocols, std::move(keys), now);
}

}  // namespace

std::vector<std::string> protocols_of(const Options& options) {
  if (!options.http2) return {"http/1.1", "http/1.0"};
  return {std::string(kAlpnHttp2), "http/1.1", "http/1.0"};
}

std::vector<TlsFinding> check_tls(const TlsOptions& options) {
  return load(options, {}, std::make_shared<io::TlsTicketKeys>(io::Clock::now())).findings;
}

core::Result<std::shared_ptr<const io::TlsServerContext>> load_tls(
    const Options& options, std::shared_ptr<io::TlsTicketKeys> keys) {
  if (!options.tls) return nullptr;
  Contexts loaded = load(*options.tls, protocols_of(options), std::move(keys));
  if (loaded.context != nullptr) return std::move(loaded.context);
  std::string problems = "server.tls";
  for (const TlsFinding& finding : loaded.findings) {
    if (finding.severity == TlsFinding::Severity::kError) problems += ": " + finding.what;
  }
  return core::failure(core::ErrorCode::kConfiguration, std::move(problems));
}

}  // namespace yatagarasu::server
