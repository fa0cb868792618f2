#pragma once

#include "core/free_by.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/params.h>

#include <memory>

// Owners of OpenSSL's objects.
namespace yatagarasu::crypto {

using BioHandle = std::unique_ptr<BIO, core::FreeBy<BIO_free_all>>;
using BignumHandle = std::unique_ptr<BIGNUM, core::FreeBy<BN_free>>;
using KeyHandle = std::unique_ptr<EVP_PKEY, core::FreeBy<EVP_PKEY_free>>;
using KeyContextHandle = std::unique_ptr<EVP_PKEY_CTX, core::FreeBy<EVP_PKEY_CTX_free>>;
using DigestContextHandle = std::unique_ptr<EVP_MD_CTX, core::FreeBy<EVP_MD_CTX_free>>;
using ParamBuilderHandle = std::unique_ptr<OSSL_PARAM_BLD, core::FreeBy<OSSL_PARAM_BLD_free>>;
using ParamsHandle = std::unique_ptr<OSSL_PARAM, core::FreeBy<OSSL_PARAM_free>>;

}  // namespace yatagarasu::crypto
