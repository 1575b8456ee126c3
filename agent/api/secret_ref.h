// `password: {secretKeyRef: {name, key}}`, as BGPPeer and BGPConfiguration have it.
#pragma once

#include <optional>

#include "agent/api/bgp_peer.h"
#include "agent/api/fields.h"

namespace dunlin::agent {

std::optional<SecretRef> read_secret_ref(Fields& spec, const char* field);
// `secretKeyRef: {name, key}` itself, as a key of TCP-AO has it.
std::optional<SecretRef> read_secret_key(Fields& holder);

}  // namespace dunlin::agent
