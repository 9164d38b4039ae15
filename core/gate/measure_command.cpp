#include <unistd.h>

#include <map>

#include "core/gate/measure.hpp"
#include "core/host/subprocess.hpp"

namespace deployctl::gate {
namespace {

using How = model::Measured::How;

constexpr int try_later = 75;  // EX_TEMPFAIL in sysexits.h

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::vector<std::string> environment_of(const model::GateQuestion& question) {
  std::map<std::string, std::string> all;
  for (char** entry = environ; *entry; ++entry) {
    const std::string text = *entry;
    if (const auto at = text.find('='); at != std::string::npos) all[text.substr(0, at)] = text.substr(at + 1);
  }
  all["SERVICE"] = question.service;
  all["ENVIRONMENT"] = question.environment;
  all["VERSION"] = question.version;
  all["ROLLOUT"] = question.rollout;
  all["WAVE"] = question.wave;
  all["UPDATED_TARGETS"] = joined(question.updated);
  all["OTHER_TARGETS"] = joined(question.others);
  std::vector<std::string> out;
  for (const auto& [name, value] : all) out.push_back(name + "=" + value);
  return out;
}

std::string last_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const auto from = text.rfind('\n');
  return (from == std::string::npos ? text : text.substr(from + 1)).substr(0, 200);
}

}  // namespace

asio::awaitable<model::Measured> measure_command(model::CommandProbe probe, model::GateQuestion question,
                                                 std::string cwd) {
  host::Command command;
  command.argv = {"/bin/sh", "-e", "-c", probe.run};
  command.cwd = std::move(cwd);
  command.env = environment_of(question);
  const auto ran = co_await host::async_run(std::move(command), question.gate.timeout);
  if (!ran) co_return model::Measured{How::inconclusive, "command " + probe.run + ": " + ran.error().text()};
  const std::string said = last_line(ran->err.empty() ? ran->out : ran->err);
  const std::string words = "command " + probe.run + ": " + ran->exit.text() + (said.empty() ? "" : ": " + said);
  const How how = ran->exit.ok() ? How::pass : ran->exit.code == try_later ? How::inconclusive : How::fail;
  co_return model::Measured{how, words};
}

}  // namespace deployctl::gate
