#include "proxy/error_response.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <variant>

namespace yatagarasu::proxy {
namespace {

using std::chrono_literals::operator""s;
using core::ErrorCode;

struct FaceCase {
  ErrorCode code;
  int status;
  const char* name;
};

class ErrorFaceTest : public ::testing::TestWithParam<FaceCase> {};

TEST_P(ErrorFaceTest, EachErrorHasItsStatusAndName) {
  EXPECT_EQ(face_of(GetParam().code).status, GetParam().status);
  EXPECT_EQ(face_of(GetParam().code).name, GetParam().name);
}

INSTANTIATE_TEST_SUITE_P(
    Table, ErrorFaceTest,
    ::testing::Values(FaceCase{ErrorCode::kInvalidRequest, 400, "bad_request"},
                      FaceCase{ErrorCode::kForbidden, 403, "forbidden"},
                      FaceCase{ErrorCode::kNotFound, 404, "not_found"},
                      FaceCase{ErrorCode::kMethodNotAllowed, 405, "method_not_allowed"},
                      FaceCase{ErrorCode::kPreconditionFailed, 412, "precondition_failed"},
                      FaceCase{ErrorCode::kRangeNotSatisfiable, 416, "range_not_satisfiable"},
                      FaceCase{ErrorCode::kInternal, 500, "internal_error"},
                      FaceCase{ErrorCode::kOriginUnreachable, 502, "bad_gateway"},
                      FaceCase{ErrorCode::kOriginFailed, 502, "bad_gateway"},
                      FaceCase{ErrorCode::kOriginMalformed, 502, "bad_gateway"},
                      FaceCase{ErrorCode::kOriginRefusesUs, 502, "bad_gateway"},
                      FaceCase{ErrorCode::kOriginOverloaded, 503, "service_unavailable"},
                      FaceCase{ErrorCode::kCircuitOpen, 503, "service_unavailable"},
                      FaceCase{ErrorCode::kOverloaded, 503, "service_unavailable"},
                      FaceCase{ErrorCode::kOriginTimeout, 504, "gateway_timeout"}));

TEST(ErrorResponseTest, IsJsonWithTheRequestsId) {
  const server::Response response = error_response(face_of(ErrorCode::kNotFound), "id-1");

  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.headers.get("Content-Type"), "application/json");
  EXPECT_EQ(std::get<std::string>(response.body),
            "{\"error\":\"not_found\",\"message\":\"The object does not exist.\",\"status\":404,"
            "\"request_id\":\"id-1\"}\n");
}

TEST(ErrorResponseTest, SaysWhenToComeBackAndWhatIsAllowed) {
  EXPECT_EQ(error_response(face_of(ErrorCode::kOverloaded), "x").headers.get("Retry-After"), "1");
  EXPECT_EQ(error_response(face_of(ErrorCode::kCircuitOpen), "x", 7s).headers.get("Retry-After"),
            "7");
  EXPECT_FALSE(
      error_response(face_of(ErrorCode::kOriginFailed), "x", 7s).headers.has("Retry-After"));
  EXPECT_EQ(error_response(face_of(ErrorCode::kMethodNotAllowed), "x").headers.get("Allow"),
            "GET, HEAD, OPTIONS");
}

TEST(ErrorResponseTest, StatusesOfTheCodecHaveTheirFaces) {
  for (const int status : {400, 405, 408, 413, 414, 431}) {
    EXPECT_EQ(face_of_status(status).status, status);
  }
}

}  // namespace
}  // namespace yatagarasu::proxy
