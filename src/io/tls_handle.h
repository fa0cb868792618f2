#pragma once

#include "core/free_by.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/ssl.h>
#include <openssl/types.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

namespace yatagarasu::io {

// Owners of OpenSSL's objects.
using SslContextHandle = std::unique_ptr<SSL_CTX, core::FreeBy<SSL_CTX_free>>;
using SslHandle = std::unique_ptr<SSL, core::FreeBy<SSL_free>>;
using SslSessionHandle = std::unique_ptr<SSL_SESSION, core::FreeBy<SSL_SESSION_free>>;
using PrivateKeyHandle = std::unique_ptr<EVP_PKEY, core::FreeBy<EVP_PKEY_free>>;
using BioHandle = std::unique_ptr<BIO, core::FreeBy<BIO_free_all>>;
using NamesHandle = std::unique_ptr<GENERAL_NAMES, core::FreeBy<GENERAL_NAMES_free>>;
using OcspResponseHandle = std::unique_ptr<OCSP_RESPONSE, core::FreeBy<OCSP_RESPONSE_free>>;
using OcspBasicHandle = std::unique_ptr<OCSP_BASICRESP, core::FreeBy<OCSP_BASICRESP_free>>;

}  // namespace yatagarasu::io
