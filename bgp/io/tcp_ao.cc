#include "bgp/io/tcp_ao.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "bgp/io/tcp_options.h"

namespace dunlin::bgp::io {
namespace {

constexpr int kAddKey = 38, kDeleteKey = 39, kInfo = 40;  // TCP_AO_*, at the level IPPROTO_TCP

// Bits of `flags` below, in the order of the kernel's bit fields.
constexpr std::uint32_t kSetCurrent = 1, kSetNext = 2;

// The kernel's tcp_ao_add, tcp_ao_del and tcp_ao_info_opt.
struct alignas(8) AddKey {
    sockaddr_storage peer{};
    char algorithm[64]{};
    std::int32_t interface_index = 0;
    std::uint32_t flags = 0;
    std::uint16_t reserved = 0;
    std::uint8_t prefix_length = 0;
    std::uint8_t send_id = 0;
    std::uint8_t receive_id = 0;
    std::uint8_t mac_length = 0;  // 0: the 96 bits of RFC 5926
    std::uint8_t key_flags = 0;
    std::uint8_t key_length = 0;
    std::uint8_t key[kMaxAoKey]{};
};
struct alignas(8) DeleteKey {
    sockaddr_storage peer{};
    std::int32_t interface_index = 0;
    std::uint32_t flags = 0;
    std::uint16_t reserved = 0;
    std::uint8_t prefix_length = 0;
    std::uint8_t send_id = 0;
    std::uint8_t receive_id = 0;
    std::uint8_t current_key = 0;
    std::uint8_t next_key = 0;
    std::uint8_t key_flags = 0;
};
struct alignas(8) Info {
    std::uint32_t flags = 0;
    std::uint16_t reserved = 0;
    std::uint8_t current_key = 0;
    std::uint8_t next_key = 0;
    std::uint64_t counters[5]{};
};
static_assert(sizeof(AddKey) == 288 && offsetof(AddKey, key) == 208);
static_assert(sizeof(DeleteKey) == 144 && sizeof(Info) == 48);

template <class T>
int set(int socket, int option, const T& value) {
    return setsockopt(socket, IPPROTO_TCP, option, &value, sizeof value) == 0 ? 0 : errno;
}

std::uint8_t host_length(const IpAddress& address) { return address.is_v4() ? 32 : 128; }

const char* kernel_name(AoAlgorithm algorithm) {
    return algorithm == AoAlgorithm::hmac_sha1_96 ? "hmac(sha1)" : "cmac(aes128)";
}

int add(int socket, const IpAddress& peer, const AoKey& key) {
    if (key.key.empty() || key.key.size() > kMaxAoKey) return EINVAL;
    AddKey request;
    request.peer = socket_address(peer);
    std::strncpy(request.algorithm, kernel_name(key.algorithm), sizeof request.algorithm - 1);
    request.prefix_length = host_length(peer);
    request.send_id = key.send_id;
    request.receive_id = key.receive_id;
    request.key_length = static_cast<std::uint8_t>(key.key.size());
    std::copy(key.key.begin(), key.key.end(), request.key);
    return set(socket, kAddKey, request);
}

int remove(int socket, const IpAddress& peer, const AoKey& key) {
    DeleteKey request;
    request.peer = socket_address(peer);
    request.prefix_length = host_length(peer);
    request.send_id = key.send_id;
    request.receive_id = key.receive_id;
    return set(socket, kDeleteKey, request);
}

// RFC 5925 3.3: what we send with, and what we ask the neighbour to send with.
int use(int socket, const AoKey& key) {
    Info request;
    request.flags = kSetCurrent | kSetNext;
    request.current_key = key.send_id;
    request.next_key = key.receive_id;
    return set(socket, kInfo, request);
}

bool holds(const std::vector<AoKey>& keys, const AoKey& key) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
}

int add_others(int socket, const IpAddress& peer, const std::vector<AoKey>& keys,
               const std::vector<AoKey>& but) {
    for (const AoKey& key : keys) {
        if (holds(but, key)) continue;
        if (const int error = add(socket, peer, key); error != 0) return error;
    }
    return 0;
}

int remove_others(int socket, const IpAddress& peer, const std::vector<AoKey>& keys,
                  const std::vector<AoKey>& but) {
    for (const AoKey& key : keys) {
        if (holds(but, key)) continue;
        if (const int error = remove(socket, peer, key); error != 0) return error;
    }
    return 0;
}

}  // namespace

bool kernel_has_tcp_ao() {
    const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0) return false;
    Info info;
    socklen_t size = sizeof info;
    // ENOENT is the answer of a kernel that has it about a socket without keys.
    const bool has = getsockopt(probe, IPPROTO_TCP, kInfo, &info, &size) == 0 || errno == ENOENT;
    close(probe);
    return has;
}

int set_ao_keys(int socket, SocketKind kind, const IpAddress& peer, const std::vector<AoKey>& wanted,
                const std::vector<AoKey>& known) {
    if (kind == SocketKind::listening) {
        // No session hangs on these: a key that changed under its ids can be replaced.
        if (const int error = remove_others(socket, peer, known, wanted); error != 0) return error;
        return add_others(socket, peer, wanted, known);
    }
    if (const int error = add_others(socket, peer, wanted, known); error != 0) return error;
    const bool first_changed = !wanted.empty() && (known.empty() || known.front() != wanted.front());
    if (first_changed) {
        if (const int error = use(socket, wanted.front()); error != 0) return error;
    }
    return remove_others(socket, peer, known, wanted);
}

}  // namespace dunlin::bgp::io
