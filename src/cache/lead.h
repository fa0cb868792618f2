#pragma once

#include "cache/body_guard.h"
#include "cache/entry.h"
#include "cache/fill_runner.h"
#include "io/byte_source.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace yatagarasu::cache {

class Fill;
class FillTable;
struct Shared;

// The head of a response that is on its way.
struct FillHead {
  std::string metadata;  // policy/stored_response.h: encode().
  std::optional<std::uint64_t> body_bytes;
};

// The right, and the duty, to ask the origin for all who want a key. Ends with one of the calls
// below; destroyed without (the client has left) it passes to the next that waits.
//
// Threading: the loop it was given out on.
class [[nodiscard]] Lead {
 public:
  Lead(Lead&&) noexcept = default;
  Lead& operator=(Lead&& other) noexcept;
  ~Lead() { abandon(); }

  // The answer can be stored and its body begins. `source` must own whatever it needs: it lives as
  // long as the fill.
  struct Answer {
    std::string metadata;
    BodyGuard guard;  // Knows the length, where the head told it.
    std::uint64_t max_body_bytes = 0;
    std::unique_ptr<io::ByteSource> source;  // Null for no body, as that of a remembered 404.
  };
  //   EntryRef    the body came with its head, and is stored
  //   Shared      it is on its way: a fill runs on `runner`, and this is its first reader
  //   ByteSource  it is too large, or there is no room: the source as it was, for this client
  //               alone; those who wait ask for themselves
  using Begun = std::variant<EntryRef, Shared, std::unique_ptr<io::ByteSource>>;
  Begun begin(Answer answer, FillRunner& runner) &&;

  // The tier holds an answer for all: brought up to date, or one that has no body to wait for.
  void publish(EntryRef entry) &&;
  // The answer may not be stored. Each waiter asks by itself, and so do later requests for a
  // short while.
  void refuse() &&;
  // There is no answer to share. Each waiter asks by itself; a later request may lead.
  void fail() &&;
  // The answer belongs under another key, that of a variant, with which this lead goes on; a
  // marker has been stored under the old one. Those who wait look there.
  void move_to(const KeyRef& variant);

 private:
  friend class FillTable;
  Lead(FillTable& table, std::shared_ptr<Fill> fill);
  void abandon() noexcept;

  FillTable* table_;
  std::shared_ptr<Fill> fill_;  // Null once ended or moved from.
};

}  // namespace yatagarasu::cache
