// Error codes and subcodes with the names of the RFCs, and makers of the NOTIFICATION that each asks for.
// Nothing else. RFC 4271 4.5 and 6, RFC 4486, RFC 6608, RFC 7313 5, RFC 8538 3, RFC 9234 4.2, RFC 9687.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bgp/wire/message.h"

namespace dunlin::bgp {

enum class ErrorCode : std::uint8_t {
    message_header = 1,
    open_message = 2,
    update_message = 3,
    hold_timer_expired = 4,
    finite_state_machine = 5,
    cease = 6,
    route_refresh_message = 7,
    send_hold_timer_expired = 8,
};
enum class HeaderError : std::uint8_t {
    connection_not_synchronized = 1,
    bad_message_length = 2,
    bad_message_type = 3,
};
enum class OpenError : std::uint8_t {
    unspecific = 0,
    unsupported_version_number = 1,
    bad_peer_as = 2,
    bad_bgp_identifier = 3,
    unsupported_optional_parameter = 4,
    unacceptable_hold_time = 6,
    unsupported_capability = 7,
    role_mismatch = 11,
};
enum class UpdateError : std::uint8_t {
    malformed_attribute_list = 1,
    unrecognized_well_known_attribute = 2,
    missing_well_known_attribute = 3,
    attribute_flags_error = 4,
    attribute_length_error = 5,
    invalid_origin_attribute = 6,
    invalid_next_hop_attribute = 8,
    optional_attribute_error = 9,
    invalid_network_field = 10,
    malformed_as_path = 11,
};
enum class FsmError : std::uint8_t {  // RFC 6608 3
    unspecified = 0,
    unexpected_in_open_sent = 1,
    unexpected_in_open_confirm = 2,
    unexpected_in_established = 3,
};
enum class Cease : std::uint8_t {  // RFC 4486 3, RFC 8538 3
    max_prefixes_reached = 1,
    administrative_shutdown = 2,
    peer_deconfigured = 3,
    administrative_reset = 4,
    connection_rejected = 5,
    other_configuration_change = 6,
    connection_collision_resolution = 7,
    out_of_resources = 8,
    hard_reset = 9,
    bfd_down = 10,
};
enum class RouteRefreshError : std::uint8_t { invalid_message_length = 1 };

using NotificationData = std::vector<std::uint8_t>;

template <class Subcode>
Notification make_notification(ErrorCode code, Subcode subcode, NotificationData data = {}) {
    return {static_cast<std::uint8_t>(code), static_cast<std::uint8_t>(subcode), std::move(data)};
}
inline Notification header_error(HeaderError subcode, NotificationData data = {}) {
    return make_notification(ErrorCode::message_header, subcode, std::move(data));
}
inline Notification open_error(OpenError subcode, NotificationData data = {}) {
    return make_notification(ErrorCode::open_message, subcode, std::move(data));
}
inline Notification update_error(UpdateError subcode, NotificationData data = {}) {
    return make_notification(ErrorCode::update_message, subcode, std::move(data));
}
inline Notification hold_timer_expired() { return make_notification(ErrorCode::hold_timer_expired, 0); }
inline Notification send_hold_timer_expired() {
    return make_notification(ErrorCode::send_hold_timer_expired, 0);
}
// RFC 6608 3: the data is the type of the message that was not expected; an event that is no message has
// none.
inline Notification fsm_error(FsmError subcode, NotificationData data = {}) {
    return make_notification(ErrorCode::finite_state_machine, subcode, std::move(data));
}
inline Notification fsm_error(FsmError subcode, MessageType unexpected) {
    return fsm_error(subcode, NotificationData{static_cast<std::uint8_t>(unexpected)});
}
inline Notification cease(Cease subcode, NotificationData data = {}) {
    return make_notification(ErrorCode::cease, subcode, std::move(data));
}
// RFC 8538 3.1: a NOTIFICATION that ends the session for good where others only begin a graceful restart.
Notification hard_reset(const Notification& inner);
// What a Hard Reset carries; any other is itself.
Notification unwrapped(const Notification& notification);
// RFC 4486 4: the family and the limit that was passed.
Notification cease_max_prefixes(Family family, std::uint32_t limit);
// RFC 7313 5: the data is the whole message.
inline Notification route_refresh_error(RouteRefreshError subcode, NotificationData data) {
    return make_notification(ErrorCode::route_refresh_message, subcode, std::move(data));
}

// RFC 9003 2: the text of Administrative Shutdown or Reset as data: a length octet and at most `limit` octets
// of UTF-8, cut between two characters. 128 unless the neighbour is known to take 255.
NotificationData shutdown_data(std::string_view text, std::size_t limit = 128);
// The text of a received Cease 2 or 4, also inside a Hard Reset. Empty when there is none or it is not
// well-formed. Control characters are replaced, so that it can be logged.
std::string shutdown_text(const Notification& notification);

}  // namespace dunlin::bgp
