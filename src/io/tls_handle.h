#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/ssl.h>
#include <openssl/types.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

namespace yatagarasu::io {

// Owns what OpenSSL gives out, and frees it the way that it wants.
template <class T, void (*Free)(T*)>
struct OpensslDeleter {
  void operator()(T* object) const noexcept { Free(object); }
};
template <class T, void (*Free)(T*)>
using OpensslHandle = std::unique_ptr<T, OpensslDeleter<T, Free>>;

using SslContextHandle = OpensslHandle<SSL_CTX, SSL_CTX_free>;
using SslHandle = OpensslHandle<SSL, SSL_free>;
using SslSessionHandle = OpensslHandle<SSL_SESSION, SSL_SESSION_free>;
using CertificateHandle = OpensslHandle<X509, X509_free>;
using PrivateKeyHandle = OpensslHandle<EVP_PKEY, EVP_PKEY_free>;
using BioHandle = OpensslHandle<BIO, BIO_free_all>;
using NamesHandle = OpensslHandle<GENERAL_NAMES, GENERAL_NAMES_free>;
using OcspResponseHandle = OpensslHandle<OCSP_RESPONSE, OCSP_RESPONSE_free>;
using OcspBasicHandle = OpensslHandle<OCSP_BASICRESP, OCSP_BASICRESP_free>;

}  // namespace yatagarasu::io
