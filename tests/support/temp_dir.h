// A directory below the system's temporary one that goes away with the object, and the two things done in it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace dunlin::test {

class TempDir {
public:
    TempDir() {
        std::string pattern = (std::filesystem::temp_directory_path() / "dunlin-test-XXXXXX").string();
        if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make " + pattern);
        path_ = pattern;
    }
    ~TempDir() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;

    const std::filesystem::path& path() const { return path_; }
    std::string operator/(const std::string& name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

// Empty if the file is not there.
inline std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

// By write and rename, so that a reader sees the old text or the new one.
inline void write_file(const std::filesystem::path& path, const std::string& text) {
    const std::filesystem::path partial = path.parent_path() / ("." + path.filename().string() + ".partial");
    std::ofstream(partial, std::ios::binary) << text;
    std::filesystem::rename(partial, path);
}

}  // namespace dunlin::test
