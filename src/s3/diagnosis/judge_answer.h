#pragma once

#include "s3/diagnosis/answer.h"
#include "s3/diagnosis/finding.h"
#include "s3/diagnosis/subject.h"

#include <chrono>

// What the answer to a ListObjectsV2 for one key says about everything up to s3:ListBucket. Pure.
namespace yatagarasu::s3::diagnosis {

// Whether it comes from somebody who speaks S3 and works. After a failure there is nothing to
// judge by the others.
Finding judge_answer(const Subject& subject, const Asked& asked);

// SigV4: a signature is good for 15 minutes.
inline constexpr std::chrono::minutes kSkewFailure{15};
inline constexpr std::chrono::minutes kSkewWarning{1};

Finding judge_clock(const Subject& subject, const Answer& answer);
Finding judge_credentials(const Subject& subject, const Answer& answer);
Finding judge_region(const Subject& subject, const Answer& answer);
Finding judge_bucket(const Subject& subject, const Answer& answer);
Finding judge_listing(const Subject& subject, const Answer& answer);

}  // namespace yatagarasu::s3::diagnosis
