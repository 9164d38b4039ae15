// The generated messages under a short name, and their conversion to and from our own types. The sequence of
// messages: frame.hpp.
#pragma once

#include "core/base/error.hpp"
#include "core/protocol/frame.hpp"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#include "core/protocol/messages.pb.h"
#pragma GCC diagnostic pop

namespace deployctl::protocol {

// Values of Hello.features. A relay accepts a request together with the attach that it needs (Request.attach_first).
inline constexpr const char* feature_attach_first = "attach-first";
// Small frames may be packed (core/link/packer.hpp).
inline constexpr const char* feature_packed = "packs";
// A relay stores a region's desired state (Desire).
inline constexpr const char* feature_desires = "desires";
// A target keeps file modes without rights for the group or others (model::Manifest::has_private_modes).
inline constexpr const char* feature_private_modes = "private-modes";
// A relay logs in to a target again while it answers over a cached login (Attach.fresh, Request.fresh_login).
inline constexpr const char* feature_fresh_logins = "fresh-logins";
bool knows(const pb::Hello& hello, std::string_view feature);

pb::Abort to_abort(const Error& error);
Error to_error(const pb::Abort& abort);
// Returns the name of a request for messages: "stage", "take grant".
const char* name_of(const pb::Request& request);

// Converts a message to a frame's payload and back. Code::invalid if it exceeds 1 MiB, or does not parse.
template <class Message>
Result<Frame> to_frame(FrameType type, std::uint32_t stream, const Message& message) {
  if (message.ByteSizeLong() > max_payload)
    return fail(Code::invalid,
                "a message of " + std::to_string(message.ByteSizeLong()) + " bytes is above the cap of 1 MiB");
  Frame frame{type, stream, 0, Bytes(message.ByteSizeLong())};
  message.SerializeToArray(frame.payload.data(), static_cast<int>(frame.payload.size()));
  return frame;
}
template <class Message>
Result<Message> from_frame(const Frame& frame) {
  Message message;
  if (!message.ParseFromArray(frame.payload.data(), static_cast<int>(frame.payload.size())))
    return fail(Code::invalid, "a frame of type " + std::to_string(static_cast<int>(frame.type)) + " does not parse");
  return message;
}

}  // namespace deployctl::protocol
