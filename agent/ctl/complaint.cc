#include "agent/ctl/complaint.h"

namespace dunlin::agent {

CtlOutcome complaint(int code, std::string text) {
    while (!text.empty() && text.back() == '\n') text.pop_back();
    return {code, "", "dunlinctl: " + text + "\n"};
}

std::string one_line(std::string text) {
    for (char& c : text) {
        if (c == '\n') c = ' ';
    }
    return text;
}

Output output_of(const std::string& name) {
    return name == "json" ? Output::json : name == "yaml" ? Output::yaml : Output::table;
}

}  // namespace dunlin::agent
