#pragma once

#include "cache/cache_status.h"
#include "cache/key.h"
#include "cache/policy/admission.h"
#include "cache/policy/options.h"
#include "cache/policy/stored_response.h"
#include "unit/cache/answers.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace yatagarasu::cache {

struct ModelRequest {
  std::string method = "GET";
  std::string key;
  Lines fields;
};

// What an origin or the proxy answers.
struct ModelResponse {
  int status = 0;  // 0: the connection broke.
  Lines fields;
  std::string body;
  Outcome outcome = Outcome::kMiss;
};

// A caching proxy that is nothing but the policy: a map instead of a store, function calls
// instead of connections, one request after the other. Shows how the parts of the policy are put
// together, and proves them against whole conversations.
class ModelProxy {
 public:
  // Asks the origin; may move `now` on.
  using Origin = std::function<ModelResponse(const ModelRequest&)>;

  // `forwarded`: the client's fields that go on to the origin.
  ModelProxy(PolicyOptions options, std::vector<std::string> forwarded, Origin origin);

  ModelResponse handle(const ModelRequest& request, const Time& now);

 private:
  struct Entry {
    std::string head;  // As a tier keeps it.
    std::string body;
  };

  // The key of the entry that the request selects, and the entry.
  std::optional<Entry> find(const ModelRequest& request, Key& key) const;
  ModelResponse ask(const ModelRequest& request, const Time& now,
                    const std::optional<Entry>& stale);
  ModelResponse confirm(const ModelRequest& request, const Entry& stale, const ModelResponse& reply,
                        const Exchanged& exchanged);
  void store(const ModelRequest& request, const ModelResponse& reply, const Exchanged& exchanged);
  ModelRequest to_origin(const ModelRequest& request, const std::optional<Entry>& stale) const;
  Rules rules() const { return {.options = options_, .forwarded = forwarded_}; }

  PolicyOptions options_;
  std::vector<std::string> forwarded_;
  Origin origin_;
  KeySpace space_{{.bucket = "model", .identity = ""}, 1};
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace yatagarasu::cache
