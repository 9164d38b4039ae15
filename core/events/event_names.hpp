// The names of all events that deployctl prints or records: a public contract, which deployctl-events(7) describes. A
// test holds this list against that page and against the code that makes events.
#pragma once

#include <array>
#include <string_view>

namespace deployctl::events {

inline constexpr auto event_names = std::to_array<std::string_view>(
    {// of a build
     "build_started", "build_pinned", "build_step", "build_output", "build_note", "build_payload", "build_finished",
     // of a rollout
     "rollout_started", "hook_started", "hook_finished", "wave_started", "wave_baking", "wave_finished",
     "gate_measured", "rollout_waiting", "rollout_going_on", "rollout_steered", "targets_left_to_relay",
     "targets_awaited", "rollback_started", "rollback_unneeded", "warning", "rollout_finished",
     // of a target
     "target_unreachable", "target_login_kept", "target_staging", "target_damaged", "target_staged",
     "target_activating", "target_step", "target_active", "target_failed", "target_unhealthy", "target_reverting",
     "target_reverted", "target_cleanup_failed", "target_stuck",
     // of other commands
     "command_failed", "initialized", "validated", "plan", "freeze", "artifact_verified", "artifact_exported",
     "artifacts_swept"});

}  // namespace deployctl::events
