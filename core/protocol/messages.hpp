// The generated messages under their short name, and what joins them to our own values. The conversation: frame.hpp.
#pragma once

#include "core/base/error.hpp"
#include "core/protocol/frame.hpp"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#include "core/protocol/messages.pb.h"
#pragma GCC diagnostic pop

namespace deployctl::protocol {

// Hello.features: a relay's caller may send a request and the attach that it needs in one (Request.attach_first).
inline constexpr const char* feature_attach_first = "attach-first";
// And small frames may come packed (link/packer.hpp).
inline constexpr const char* feature_packed = "packs";
// A relay keeps what a region is to run (Desire).
inline constexpr const char* feature_desires = "desires";
// A target keeps modes without rights for others or the group (model::Manifest::has_private_modes).
inline constexpr const char* feature_private_modes = "private-modes";
// A relay logs in to a target anew while it answers over a login that it kept (Attach.fresh, Request.fresh_login).
inline constexpr const char* feature_fresh_logins = "fresh-logins";
bool knows(const pb::Hello& hello, std::string_view feature);

pb::Abort to_abort(const Error& error);
Error to_error(const pb::Abort& abort);
// What a request asks for, for people: "stage", "take grant".
const char* name_of(const pb::Request& request);

// A message as a frame's payload, and back; Code::invalid when it doesn't parse or is of another type.
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
