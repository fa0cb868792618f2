#pragma once

#include "s3/diagnosis/answer.h"
#include "s3/diagnosis/finding.h"
#include "s3/diagnosis/subject.h"

#include <cstdint>
#include <string>

// What the answers to a GET of an object's first byte come down to. Pure.
namespace yatagarasu::s3::diagnosis {

// The object that was asked for.
struct Tried {
  // How it is known: by the listing, by somebody's word, or not at all, so that it is not there.
  enum class Kind : std::uint8_t { kListed, kNamed, kMadeUp };
  Kind kind = Kind::kMadeUp;
  std::string key;  // With key_prefix.
};

// Who may not list a bucket is told 403 of an object that is not there.
enum class MayList : bool { kNo, kYes };

Finding judge_object(const Subject& subject, const Tried& tried, const Asked& asked,
                     MayList may_list);

// Of the index document at the top; `key` with key_prefix.
Finding judge_index(const std::string& key, const Asked& asked);

}  // namespace yatagarasu::s3::diagnosis
