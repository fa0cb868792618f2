#pragma once

#include "cache/policy/admission.h"
#include "cache/policy/options.h"
#include "cache/policy/stored_response.h"
#include "http/conditional.h"
#include "http/fields.h"

#include <cstdint>
#include <optional>

namespace yatagarasu::cache {

// The condition with which the origin is asked about a stale entry (RFC 9111 §4.3.1):
// If-None-Match, else If-Modified-Since, in lower case as the signer wants names; empty when the
// entry has neither validator. One of them, not both: some stores apply the date beside the
// entity-tag (decision 5). The client's own conditions are not sent, they are evaluated against
// what comes back. The value points into `stored`.
std::optional<http::Field> validation_condition(const StoredView& stored);

// An entry brought up to date.
struct Update {
  StoredResponse response;
  // False: the origin now forbids to keep it. This request is answered with it, then it goes.
  bool may_stay = true;
};

// The entry after a 304 (RFC 9111 §4.3.4): its fields with those of the 304, its lifetime and age
// anew. Empty when the 304 is about another representation than the one that is stored: then the
// origin is to be asked again, without a condition.
std::optional<Update> freshen(const StoredView& stored, const OriginAnswer& not_modified,
                              const PolicyOptions& options);

// The entry after a 200 to a HEAD (§4.3.5). Empty when the answer shows that the object is another
// by now: the entry is then of no use, unless fresh.
struct HeadAnswer {
  const OriginAnswer& answer;
  std::optional<std::uint64_t> content_length;  // As the answer told it.
  std::uint64_t stored_size = 0;                // Of the stored body.
};
std::optional<Update> freshen_by_head(const StoredView& stored, const HeadAnswer& head,
                                      const PolicyOptions& options);

// The client's conditions evaluated against a stored response (§4.3.2, RFC 9110 §13.2.2); spec:
// If-Match and If-Unmodified-Since as well. Only a 2xx has conditions (RFC 9110 §13.2.1).
http::Precondition evaluate_conditions(const http::Fields& request, const StoredView& stored);

}  // namespace yatagarasu::cache
