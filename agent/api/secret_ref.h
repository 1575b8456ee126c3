// `password: {secretKeyRef: {name, key}}`, as BGPPeer and BGPConfiguration have it.
#pragma once

#include <optional>

#include "agent/api/bgp_peer.h"
#include "agent/api/fields.h"

namespace dunlin::agent {

std::optional<SecretRef> read_secret_ref(Fields& spec, const char* field);

}  // namespace dunlin::agent
