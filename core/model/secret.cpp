#include "core/model/secret.hpp"

#include "core/text/url_text.hpp"

namespace deployctl::model {

std::string SecretSource::shown() const {
  switch (from) {
    case From::literal:
      return "a value of the plan";
    case From::file:
      return "{file: " + text + "}";
    case From::env:
      return "{env: " + text + "}";
    case From::command:
      return "{command: " + text + "}";
  }
  return {};
}

std::string SecretSource::shown_url() const { return is_literal() ? url_origin(text) : shown(); }

}  // namespace deployctl::model
