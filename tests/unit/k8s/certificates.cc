#include "tests/unit/k8s/certificates.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

namespace dunlin::test {
namespace {

template <class T, void (*Free)(T*)>
struct Freed {
    void operator()(T* p) const { Free(p); }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using Cert = std::unique_ptr<X509, Freed<X509, X509_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO, BIO_free_all>>;

std::string text(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

void extend(X509* cert, X509* issuer, int what, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
    if (extension == nullptr) throw std::runtime_error("bad extension " + value);
    X509_add_ext(cert, extension, -1);
    X509_EXTENSION_free(extension);
}

struct Made {
    Cert cert;
    Key key;
};

Made make(const std::string& name, X509* issuer, EVP_PKEY* issuer_key, const IssueOptions& options) {
    static long serial = 1;
    Made out{Cert(X509_new()), Key(EVP_EC_gen("P-256"))};
    X509* cert = out.cert.get();
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++);
    const long day = 24 * 60 * 60;
    X509_gmtime_adj(X509_getm_notBefore(cert), options.days < 0 ? 2 * options.days * day : -day);
    X509_gmtime_adj(X509_getm_notAfter(cert), options.days * day);
    X509_set_pubkey(cert, out.key.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    const bool authority = issuer == nullptr;
    if (authority) issuer = cert;
    X509_set_issuer_name(cert, X509_get_subject_name(issuer));
    extend(cert, issuer, NID_basic_constraints, authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (!options.names.empty()) extend(cert, issuer, NID_subject_alt_name, options.names);
    X509_sign(cert, authority ? out.key.get() : issuer_key, EVP_sha256());
    return out;
}

Identity pem(const Made& made) {
    const Bio cert(BIO_new(BIO_s_mem())), key(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(cert.get(), made.cert.get());
    PEM_write_bio_PrivateKey(key.get(), made.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return {text(cert.get()), text(key.get())};
}

}  // namespace

Authority::Authority(const std::string& name) : self_(pem(make(name, nullptr, nullptr, {"", 10}))) {}

Identity Authority::issue(const std::string& common_name, const IssueOptions& options) const {
    const Bio cert_text(BIO_new_mem_buf(self_.certificate.data(), -1)),
        key_text(BIO_new_mem_buf(self_.key.data(), -1));
    const Cert issuer(PEM_read_bio_X509(cert_text.get(), nullptr, nullptr, nullptr));
    const Key key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr));
    return pem(make(common_name, issuer.get(), key.get(), options));
}

}  // namespace dunlin::test
