#pragma once

#include "http/fields.h"
#include "http/message.h"
#include "proxy/options.h"

#include <forward_list>
#include <string>
#include <string_view>
#include <vector>

namespace yatagarasu::proxy {

// The headers and the query of the request to S3 that answers a client's.
//
// Only what RFC 9110 §13 and §14 name goes on, in one form: ranges are normalised, what a store
// might read differently is left out (a malformed Range, a date that is none). If-Range, which
// stores ignore, is said with Range and If-Match or If-Unmodified-Since; is_if_range tells that a
// 412 to it means "ask again for the whole".
class OriginRequest {
 public:
  OriginRequest(const http::RequestHead& client, const BucketOptions& bucket);
  // A request for the object as it is, whatever range and conditions the client names: its answer
  // is for others as well.
  static OriginRequest of_whole(http::Method method, const http::Fields& client, std::string query,
                                const BucketOptions& bucket);

  const std::vector<http::Field>& headers() const { return headers_; }
  // As those of a request: what a response's Vary selects by.
  http::Fields fields() const;
  // Canonical: the allowed parameters, encoded and sorted.
  const std::string& query() const { return query_; }

  // An allowed parameter of the query has a malformed escape: 400.
  bool is_malformed() const { return is_malformed_; }
  bool is_ranged() const { return is_ranged_; }
  bool is_if_range() const { return is_if_range_; }
  // For the cache's own validation: a name in lower case and a value that both outlive this.
  void add_condition(const http::Field& condition) { headers_.push_back(condition); }
  void drop_condition() { headers_.pop_back(); }
  // Takes If-Unmodified-Since out again; false when there was none. Some stores compare it with
  // fractions of a second that Last-Modified does not show.
  bool drop_date_condition();
  // Takes the range and what stands for If-Range out again.
  void ask_for_whole();

 private:
  OriginRequest() = default;
  void add_checksum_mode() { headers_.push_back({"x-amz-checksum-mode", "ENABLED"}); }
  void add_conditions(const http::Fields& client);
  void add_range(const http::Fields& client);
  void add_forwarded(const http::Fields& client, const BucketOptions& bucket);
  void add(std::string_view name, std::string value);

  std::vector<http::Field> headers_;       // Into values_ and static names.
  std::forward_list<std::string> values_;  // A list's elements stay where they are.
  std::string query_;
  bool is_malformed_ = false;
  bool is_ranged_ = false;
  bool is_if_range_ = false;
};

}  // namespace yatagarasu::proxy
