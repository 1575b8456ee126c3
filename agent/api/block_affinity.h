// BlockAffinity: a block and the node that it belongs to. In crd.projectcalico.org `deleted` is a string.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "agent/api/problem.h"
#include "bgp/base/prefix.h"
#include "bgp/base/result.h"

namespace dunlin::agent {

enum class BlockState : std::uint8_t { confirmed, pending, pending_deletion };  // "" is confirmed

// The label of those that an agent made itself (--block-source pool): it gives back these and no others.
inline constexpr const char* kManagedByLabel = "app.kubernetes.io/managed-by";
inline constexpr const char* kManagedByDunlin = "dunlin";

struct BlockAffinity {
    ObjectMeta meta;
    Prefix cidr;
    std::string node;
    BlockState state = BlockState::confirmed;
    bool host = true;  // type host or ""
    bool deleted = false;
    bool claimed = false;  // has the label above
    friend bool operator==(const BlockAffinity&, const BlockAffinity&) = default;
};

Result<BlockAffinity, Problems> parse_block_affinity(const nlohmann::json& object);

}  // namespace dunlin::agent
