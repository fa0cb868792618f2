#include "unit/cache/model_proxy.h"

#include "cache/policy/reuse.h"
#include "cache/policy/stored_fields.h"
#include "cache/policy/validation.h"
#include "cache/policy/vary.h"
#include "core/ascii.h"
#include "http/conditional.h"
#include "http/connection_option.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace yatagarasu::cache {
namespace {

// What proxy/header_policy.h does with pass_response_headers: ["*"].
http::HeaderBlock passed_on(const Lines& lines) {
  const http::Fields all = fields(lines);
  http::HeaderBlock passed;
  for (const auto& [name, value] : lines) {
    const bool is_framing = core::iequals(name, "Connection") ||
                            core::iequals(name, "Transfer-Encoding") ||
                            core::iequals(name, "Keep-Alive");
    if (!is_framing && !http::is_connection_option(all, name)) passed.add(name, value);
  }
  return passed;
}

Lines lines_of(std::string_view block) {
  Lines lines;
  for (const http::Field& field : fields_of(block)) lines.emplace_back(field.name, field.value);
  return lines;
}

ModelResponse conditional(const ModelRequest& request, const StoredView& stored,
                          ModelResponse whole) {
  switch (evaluate_conditions(fields(request.fields), stored)) {
    case http::Precondition::kProceed: break;
    case http::Precondition::kNotModified: whole.status = 304; break;
    case http::Precondition::kFailed: whole.status = 412; break;
  }
  if (whole.status == 304 || request.method == "HEAD") whole.body.clear();
  return whole;
}

ModelResponse answer_with(const ModelRequest& request, const StoredView& stored,
                          const std::string& body, Time now) {
  ModelResponse response{.status = stored.metadata.status,
                         .fields = lines_of(stored.fields),
                         .body = body,
                         .outcome = Outcome::kHit};
  response.fields.emplace_back("Age", std::to_string(age_of(stored.metadata, now).count()));
  response.fields.emplace_back("Content-Length", std::to_string(body.size()));
  return conditional(request, stored, std::move(response));
}

bool is_condition(std::string_view name) {
  return core::istarts_with(name, "If-");
}

}  // namespace

ModelProxy::ModelProxy(PolicyOptions options, std::vector<std::string> forwarded, Origin origin)
    : options_(options), forwarded_(std::move(forwarded)), origin_(std::move(origin)) {}

std::optional<ModelProxy::Entry> ModelProxy::find(const ModelRequest& request, Key& key) const {
  auto found = entries_.find(key.bytes());
  if (found == entries_.end()) return std::nullopt;
  const auto stored = decode(found->second.head);
  if (!stored->metadata.is(Trait::kVaryMarker)) return found->second;
  key.select_variant(selecting_values(names_of_marker(*stored), fields(request.fields)));
  found = entries_.find(key.bytes());
  if (found == entries_.end()) return std::nullopt;
  return found->second;
}

ModelResponse ModelProxy::handle(const ModelRequest& request, const Time& now) {
  const http::Fields sent = fields(request.fields);
  if (sent.has("Range")) {
    ModelResponse response = origin_(request);
    response.outcome = Outcome::kBypass;
    return response;
  }
  Key key(space_, request.key, "");
  const std::optional<Entry> entry = find(request, key);
  if (entry) {
    const auto stored = decode(entry->head);
    switch (decide_reuse(stored->metadata, now)) {
      case Reuse::kFresh: return answer_with(request, *stored, entry->body, now);
      case Reuse::kStaleAndRefresh: {
        ModelResponse response = answer_with(request, *stored, entry->body, now);
        response.outcome = Outcome::kStale;
        ask(request, now, entry);
        return response;
      }
      case Reuse::kAskFirst: break;
    }
  }
  if (read_wishes(sent).only_if_cached) return {.status = 504, .fields = {}, .body = {}};
  return ask(request, now, entry);
}

ModelRequest ModelProxy::to_origin(const ModelRequest& request,
                                   const std::optional<Entry>& stale) const {
  ModelRequest forwarded{.method = request.method, .key = request.key, .fields = {}};
  for (const auto& [name, value] : request.fields) {
    const bool goes_on = std::ranges::any_of(
        forwarded_, [&](const std::string& each) { return core::iequals(each, name); });
    if (goes_on && !is_condition(name)) forwarded.fields.emplace_back(name, value);
  }
  if (stale && request.method == "GET") {
    const auto condition = validation_condition(*decode(stale->head));
    if (condition) forwarded.fields.emplace_back(condition->name, condition->value);
  }
  return forwarded;
}

ModelResponse ModelProxy::ask(const ModelRequest& request, const Time& now,
                              const std::optional<Entry>& stale) {
  Exchanged exchanged{.request_time = now, .response_time = now};
  ModelResponse reply = origin_(to_origin(request, stale));
  exchanged.response_time = now;
  if (stale && (reply.status == 0 || is_replaceable_error(reply.status))) {
    const auto stored = decode(stale->head);
    if (may_replace_error(stored->metadata, now)) {
      ModelResponse response = answer_with(request, *stored, stale->body, now);
      response.outcome = Outcome::kStale;
      return response;
    }
  }
  if (reply.status == 0) return {.status = 502, .fields = {}, .body = {}};
  if (stale && reply.status == 304) return confirm(request, *stale, reply, exchanged);

  reply.fields = lines_of(passed_on(reply.fields).wire());
  if (request.method != "GET") {
    if (stale) {
      const http::Fields sent = fields(reply.fields);
      const http::HeaderBlock headers = block(reply.fields);
      const OriginAnswer answer{
          .status = reply.status, .fields = sent, .headers = headers, .exchanged = exchanged};
      const auto update = freshen_by_head(
          *decode(stale->head),
          {.answer = answer, .content_length = {}, .stored_size = stale->body.size()}, options_);
      Key key(space_, request.key, "");
      if (update && find(request, key))
        entries_[std::string(key.bytes())].head = encode(update->response);
    }
    return reply;
  }
  store(request, reply, exchanged);
  if (reply.status != 200) return reply;
  const StoredResponse passing{.metadata = describe({.status = 200,
                                                     .fields = block(reply.fields).wire(),
                                                     .age = std::chrono::seconds(0),
                                                     .exchanged = exchanged},
                                                    options_),
                               .fields = std::string(block(reply.fields).wire())};
  return conditional(request, view(passing), std::move(reply));
}

ModelResponse ModelProxy::confirm(const ModelRequest& request, const Entry& stale,
                                  const ModelResponse& reply, const Exchanged& exchanged) {
  const http::Fields sent = fields(reply.fields);
  const http::HeaderBlock headers = passed_on(reply.fields);
  const auto update = freshen(
      *decode(stale.head),
      {.status = 304, .fields = sent, .headers = headers, .exchanged = exchanged}, options_);
  Key key(space_, request.key, "");
  find(request, key);
  if (!update) {
    entries_.erase(std::string(key.bytes()));
    return ask(request, exchanged.response_time, std::nullopt);
  }
  if (update->may_stay) {
    entries_[std::string(key.bytes())].head = encode(update->response);
  } else {
    entries_.erase(std::string(key.bytes()));
  }
  ModelResponse response =
      answer_with(request, view(update->response), stale.body, exchanged.response_time);
  response.outcome = Outcome::kRevalidated;
  return response;
}

void ModelProxy::store(const ModelRequest& request, const ModelResponse& reply,
                       const Exchanged& exchanged) {
  const http::Fields asked = fields(request.fields);
  if (read_wishes(asked).no_store) return;
  const http::Fields sent = fields(reply.fields);
  const http::HeaderBlock headers = block(reply.fields);
  const auto admitted =
      admit({.status = reply.status, .fields = sent, .headers = headers, .exchanged = exchanged},
            rules());
  Key key(space_, request.key, "");
  if (!admitted) {
    // What was stored is known to be outdated; an error says nothing about it.
    if (reply.status < 500 && find(request, key)) entries_.erase(std::string(key.bytes()));
    return;
  }
  if (!admitted->vary.names.empty()) {
    entries_[std::string(key.bytes())] = {encode(make_vary_marker(admitted->vary)), {}};
    key.select_variant(selecting_values(admitted->vary.names, asked));
  }
  entries_[std::string(key.bytes())] = {encode(admitted->response), reply.body};
}

}  // namespace yatagarasu::cache
