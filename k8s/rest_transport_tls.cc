#include "k8s/rest_transport_tls.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <utility>

#include <boost/asio/ip/address.hpp>

namespace dunlin::k8s {
namespace {

// The context owns a reference to the report: connections outlive the client that made them.
void free_report(void*, void* held, CRYPTO_EX_DATA*, int, long, void*) {
    delete static_cast<std::shared_ptr<TlsReport>*>(held);
}

int slot() {
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_report);
    return index;
}

std::string name_text(const GENERAL_NAME* name) {
    int type = 0;
    const auto* value = static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(name, &type));
    if (type == GEN_DNS) {
        return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                           static_cast<std::size_t>(ASN1_STRING_length(value)));
    }
    if (type != GEN_IPADD) return {};
    const unsigned char* octets = ASN1_STRING_get0_data(value);
    if (ASN1_STRING_length(value) == 4) {
        boost::asio::ip::address_v4::bytes_type v4;
        std::copy_n(octets, v4.size(), v4.begin());
        return boost::asio::ip::make_address_v4(v4).to_string();
    }
    boost::asio::ip::address_v6::bytes_type v6{};
    if (ASN1_STRING_length(value) == 16) std::copy_n(octets, v6.size(), v6.begin());
    return boost::asio::ip::make_address_v6(v6).to_string();
}

// "kubernetes, 10.96.0.1": whom the certificate is for.
std::string names_of(X509* certificate) {
    auto* names =
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    std::string out;
    for (int i = 0; i < sk_GENERAL_NAME_num(names) && out.size() < 300; ++i) {
        const std::string text = name_text(sk_GENERAL_NAME_value(names, i));
        if (!text.empty()) out += (out.empty() ? "" : ", ") + text;
    }
    GENERAL_NAMES_free(names);
    return out.empty() ? "nobody" : out;
}

std::string subject_of(X509* certificate) {
    char text[256] = "";
    if (certificate != nullptr) X509_NAME_oneline(X509_get_subject_name(certificate), text, sizeof text);
    return text;
}

int verify(X509_STORE_CTX* chain, void*) {
    const int good = X509_verify_cert(chain);
    const auto* ssl =
        static_cast<SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
    const auto* report =
        static_cast<std::shared_ptr<TlsReport>*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), slot()));
    if (report == nullptr) return good;
    if (good > 0) {
        (*report)->put({});
        return good;
    }
    const int error = X509_STORE_CTX_get_error(chain);
    // The comparison of names is the library's own and leaves no error behind.
    if (error == X509_V_OK || error == X509_V_ERR_UNSPECIFIED) {
        (*report)->put("TLS: the server's certificate is for " + names_of(X509_STORE_CTX_get0_cert(chain)) +
                       ", not for the host of the URL");
    } else {
        (*report)->put("TLS: " + std::string(X509_verify_cert_error_string(error)) + " (certificate " +
                       subject_of(X509_STORE_CTX_get_current_cert(chain)) + ")");
    }
    return good;
}

}  // namespace

void attach(SSL_CTX* context, const std::shared_ptr<TlsReport>& report) {
    auto* held = new std::shared_ptr<TlsReport>(report);
    if (SSL_CTX_set_ex_data(context, slot(), held) != 1) {
        delete held;
        return;
    }
    SSL_CTX_set_cert_verify_callback(context, verify, nullptr);
}

}  // namespace dunlin::k8s
