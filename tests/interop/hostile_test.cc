// What is not as it should be around the agent: a neighbour that talks nonsense, a port that is taken.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "tests/interop/rack.h"

namespace dunlin::test {
namespace {

// A TCP client in the router's namespace, which says what it likes to the agent and reads the answer.
class Stranger {
public:
    explicit Stranger(const NetNs& netns) {
        const NetNs::Inside inside = netns.enter();
        fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const timeval limit{20, 0};
        setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    }
    ~Stranger() { close(fd_); }
    Stranger(const Stranger&) = delete;
    Stranger& operator=(const Stranger&) = delete;

    // All that comes until the agent closes; nothing if it refuses the connection.
    std::string say(const std::string& octets) const {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(179);
        to.sin_addr.s_addr = htonl(0xc000020b);  // 192.0.2.11
        const bool connected = wait_until(seconds(30), [&] {
            return connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
        });
        if (!connected) return {};
        std::string reply;
        char buffer[4096];
        ssize_t got = send(fd_, octets.data(), octets.size(), MSG_NOSIGNAL);
        while (got > 0) {
            got = recv(fd_, buffer, sizeof buffer, 0);
            if (got > 0) reply.append(buffer, static_cast<std::size_t>(got));
        }
        return reply;
    }

private:
    int fd_ = -1;
};

// The last message, if it is a NOTIFICATION: "code/subcode".
std::string notification(const std::string& reply) {
    std::string out;
    for (std::size_t at = 0; at + 21 <= reply.size();) {
        const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(reply[at + i]); };
        out = octet(18) == 3 ? std::to_string(octet(19)) + "/" + std::to_string(octet(20)) : "";
        at += static_cast<std::size_t>(octet(16)) << 8 | octet(17);
    }
    return out;
}

std::string message(char type, const std::string& body) {
    const auto length = static_cast<unsigned>(19 + body.size());
    return std::string(16, '\xff') + static_cast<char>(length >> 8) + static_cast<char>(length & 0xff) +
           type + body;
}

TEST_CASE(
    "a neighbour that sends garbage gets the NOTIFICATION that the RFC asks for, and costs only its "
    "session") {
    if (skipped()) return;
    const Rack rack;
    const Bird router(
        rack.router,
        "router id 192.0.2.1;\nprotocol device {}\nprotocol bgp n6 { local as 64512; connect delay time 1; "
        "neighbor 2001:db8:2::11 as 64513; ipv6 { import all; export none; }; }\n");
    const Agent agent(rack.node, "n1");
    agent.apply("node", node_yaml("n1", kNode));
    // IPv6 is a proper session; for IPv4 the router's side is played here.
    agent.apply("tor6", peer_yaml("tor6", "peerIP: '2001:db8:2::1', asNumber: 64512"));
    agent.apply("tor4", peer_yaml("tor4", "peerIP: 192.0.2.1, asNumber: 64998, passive: true"));
    REQUIRE(router.wait_established("n6", seconds(60)));
    const SessionLine before = session_line(router, "n6");
    using namespace std::string_literals;
    struct Case {
        std::string what;
        std::string octets;
        std::string answer;  // RFC 4271 6.1, 6.2
    };
    const Case all[] = {
        {"no marker", "GET / HTTP/1.1\r\nHost: router\r\n\r\n", "1/1"},
        {"length 18", std::string(16, '\xff') + "\0\x12\1"s, "1/2"},
        {"length 5000", std::string(16, '\xff') + "\x13\x88\1"s, "1/2"},
        {"type 9", message(9, ""), "1/3"},
        {"version 3", message(1, "\3\xfd\xe6\0\x5a\xc0\0\2\1\0"s), "2/1"},
        {"another AS", message(1, "\4\xfd\xe7\0\x5a\xc0\0\2\1\0"s), "2/2"},
        {"identifier 0", message(1, "\4\xfd\xe6\0\x5a\0\0\0\0\0"s), "2/3"},
        {"hold time 1", message(1, "\4\xfd\xe6\0\1\xc0\0\2\1\0"s), "2/6"},
        {"an UPDATE first", message(2, "\0\0\0\0"s), "5/1"},
    };
    for (const Case& each : all) {
        CAPTURE(each.what);
        // 6/5 (connection rejected): the object is not read yet.
        std::string answer;
        CHECK(wait_until(seconds(90), [&] {
            const Stranger stranger(rack.router);
            answer = notification(stranger.say(each.octets));
            return !answer.empty() && answer != "6/5";
        }));
        CHECK(answer == each.answer);
        agent.remove("tor4");  // and comes back without the memory of its errors
        CHECK(wait_until(seconds(20), [&] {
            return !has(agent.ctl({"show", "protocols"}).out, "Global_192_0_2_1");
        }));
        agent.apply("tor4", peer_yaml("tor4", "peerIP: 192.0.2.1, asNumber: 64998, passive: true"));
    }
    CHECK(session_line(router, "n6") == before);
}

TEST_CASE("a malformed UPDATE is in the log with its prefixes and the whole message (RFC 7606 6)") {
    if (skipped()) return;
    const Rack rack;
    const Agent agent(rack.node, "n1");
    agent.apply("node", node_yaml("n1", kNode));
    agent.apply("tor4", peer_yaml("tor4", "peerIP: 192.0.2.1, asNumber: 64998, passive: true"));
    REQUIRE(agent.wait_for({"show", "protocols"}, "Global_192_0_2_1"));
    using namespace std::string_literals;
    // ORIGIN has two octets; the Cease behind it makes the agent close.
    const std::string update = message(2, "\0\0\0\5\x40\1\2\0\0\x10\x0a\1"s);
    const std::string all =
        message(1, "\4\xfd\xe6\0\x5a\xc0\0\2\1\0"s) + message(4, "") + update + message(3, "\6\2"s);
    const auto logged = [&](const std::string& text) { return has(agent.log(), text); };
    CHECK(wait_until(seconds(90), [&] {
        Stranger(rack.router).say(all);
        return logged("malformed UPDATE peer=192.0.2.1 reason=\"ORIGIN: ");
    }));
    CHECK(logged("cost=\"treated as withdraw\" prefix=10.1.0.0/16 "));
    CHECK(logged("ffffffff001f02000000054001020000100a01"));
    CHECK(agent.wait_for({"show", "protocols", "all"}, "1 treated as withdraw"));
}

TEST_CASE("a port that is taken: one line that names it, and exit code 1") {
    if (skipped()) return;
    const Rack rack;
    int taken = -1;
    {
        const NetNs::Inside inside = rack.node.enter();
        taken = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in own{};
        own.sin_family = AF_INET;
        own.sin_port = htons(179);
        REQUIRE(bind(taken, reinterpret_cast<const sockaddr*>(&own), sizeof own) == 0);
        REQUIRE(listen(taken, 1) == 0);
    }
    const TempDir dir;
    write_file(dir / "node.yaml", node_yaml("n1", kNode));
    const Completed done = rack.node.exec({"timeout", "20", std::string(DUNLIN_BINARY_DIR) + "/dunlind",
                                           "--node-name", "n1", "--resources", dir.path().string(),
                                           "--control-socket", dir / "c.ctl", "--state-dir", dir / "state"});
    close(taken);
    CHECK(done.exit_code == 1);
    CHECK(has(done.err + done.out, "179"));
}

TEST_CASE(
    "two nodes: the mesh from one directory, and --kernel off as a route reflector that writes no route") {
    if (skipped()) return;
    const Rack rack;
    Agent::Options options;
    const Agent first(rack.node, "n1");
    options.resources = first.resources();
    options.flags = {"--kernel", "off"};
    const Agent second(rack.router, "n2", options);
    first.apply("n1", node_yaml("n1", kNode));
    first.apply("n2",
                node_yaml("n2",
                          "dunlin.io/ipv4-address: 192.0.2.1/24, dunlin.io/ipv6-address: 2001:db8:2::1/64, "
                          "dunlin.io/as-number: '64513'"));
    first.apply("pods", pool_yaml("pods", "cidr: 10.244.0.0/24, blockSize: 26"));
    CHECK(first.wait_established("Mesh_192_0_2_1"));
    CHECK(first.wait_established("Mesh_2001_db8_2__1"));
    const std::string block = block_of(first, "pods");
    REQUIRE_FALSE(block.empty());
    // n2 knows it, by a next hop that it resolves by its own address, and has put nothing into its kernel.
    CHECK(second.wait_for({"show", "route", block}, "via 192.0.2.11 on rack"));
    CHECK_FALSE(has(kernel_routes(rack.router), "10.244."));
    CHECK(wait_until(seconds(30),
                     [&] { return has(kernel_routes(rack.node), "via 192.0.2.1 dev eth0 proto 178"); }));
}

}  // namespace
}  // namespace dunlin::test
