#include "agent/metrics.h"

#include <doctest/doctest.h>

#include <set>
#include <sstream>

#include "sample.h"

using namespace dunlin;
using namespace dunlin::agent;

namespace {
bool has_line(const std::string& text, const std::string& line) {
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}
}  // namespace

TEST_CASE("Metrics: the sessions") {
    const std::string text = metrics_text(sample_node());
    CHECK(has_line(text, "# TYPE dunlin_session_up gauge"));
    CHECK(has_line(text, R"(dunlin_session_up{peer="Node_192_0_2_1",node="node-1",type="node"} 1)"));
    CHECK(has_line(text, R"(dunlin_session_up{peer="Mesh_2001_db8__2",node="node-1",type="mesh"} 0)"));
    CHECK(has_line(
        text, R"(dunlin_session_state{peer="Mesh_2001_db8__2",node="node-1",type="mesh",state="Active"} 1)"));
    CHECK(has_line(text, R"(dunlin_prefixes{peer="Node_192_0_2_1",family="ipv4",stage="accepted"} 4)"));
    CHECK(has_line(text, R"(dunlin_sessions{type="mesh",state="Active"} 1)"));
    CHECK(has_line(
        text,
        R"(dunlin_malformed_updates_total{peer="Node_192_0_2_1",node="node-1",type="node",cost="withdraw"} 0)"));
    CHECK(has_line(text, R"(dunlin_messages_total{direction="in",type="keepalive"} 2)"));
    CHECK(has_line(text,
                   R"(dunlin_session_established_timestamp_seconds{peer="Node_192_0_2_1",node="node-1",)"
                   R"(type="node"} 1769862836)"));
    CHECK(has_line(text, R"(dunlin_kernel_routes{kind="installed"} 5)"));
    CHECK(has_line(text, R"(dunlin_build_info{version="0.1.0"} 1)"));
}

TEST_CASE("Metrics: with very many peers the sums are left") {
    const std::string text = metrics_text(sample_node(), 1);
    CHECK(text.find("dunlin_session_up") == std::string::npos);
    CHECK(has_line(text, R"(dunlin_sessions{type="node",state="Established"} 1)"));
}

TEST_CASE("Metrics: label values are escaped") {
    NodeView view = sample_node();
    view.version = "a\"b\\c\nd";
    CHECK(has_line(metrics_text(view), R"(dunlin_build_info{version="a\"b\\c\nd"} 1)"));
}

TEST_CASE("Metrics: counters of the agent with and without labels are one family each") {
    NodeView view = sample_node();
    view.counters = {{"reconcile_total", 2},
                     {"status_writes_total{result=\"error\"}", 1},
                     {"status_writes_total{result=\"ok\"}", 3}};
    const std::string text = metrics_text(view);
    CHECK(has_line(text, "dunlin_reconcile_total 2"));
    CHECK(has_line(text, R"(dunlin_status_writes_total{result="ok"} 3)"));
    CHECK(text.find("# TYPE dunlin_status_writes_total") == text.rfind("# TYPE dunlin_status_writes_total"));
}

TEST_CASE(
    "Metrics: every family has HELP and TYPE once; counters alone end in _total; every value is a number") {
    NodeView view = sample_node();
    view.longest_stall_s = 0.0125;
    view.counters = {{"reconcile_total", 2}};
    std::istringstream lines(metrics_text(view));
    std::set<std::string> families;
    std::string type;
    for (std::string line; std::getline(lines, line);) {
        CAPTURE(line);
        std::istringstream words(line);
        std::string first, second, third, fourth;
        words >> first >> second >> third >> fourth;
        if (first == "#" && second == "TYPE") {
            CHECK(families.insert(third).second);
            CHECK((fourth == "counter") == third.ends_with("_total"));
            type = third;
        } else if (first != "#") {
            CHECK(line.starts_with(type));
            CHECK_NOTHROW((void)std::stod(line.substr(line.rfind(' ') + 1)));
        }
    }
    CHECK(families.contains("dunlin_loop_stall_seconds"));
}
