#pragma once

#include "core/result.h"
#include "io/task.h"

#include <chrono>
#include <optional>
#include <string>

namespace yatagarasu::auth::jwt {

// What an issuer answered when it was asked for its JWK set.
struct JwksAnswer {
  // Empty: unchanged since the answer that had the entity-tag. Only where one was given.
  std::optional<std::string> body = std::nullopt;
  std::string etag = {};  // Empty: none that can be sent back.
  // For how long the issuer lets it be used; empty when it does not say.
  std::optional<std::chrono::seconds> lifetime = std::nullopt;
};

// Where a JWK set comes from. Threading: one loop, one fetch at a time.
class JwksSource {
 public:
  virtual ~JwksSource() = default;
  JwksSource(const JwksSource&) = delete;
  JwksSource& operator=(const JwksSource&) = delete;

  // Ends within a bounded time. `etag` is of an earlier answer, empty for none; by value, for
  // whoever runs the task keeps nothing for it. No error's detail repeats what was answered.
  virtual io::Task<core::Result<JwksAnswer>> fetch(std::string etag) = 0;

 protected:
  JwksSource() = default;
};

}  // namespace yatagarasu::auth::jwt
