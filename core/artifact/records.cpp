#include "core/artifact/records.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/io/atomic_file.hpp"
#include "core/io/files.hpp"
#include "core/model/bounded_json.hpp"

namespace deployctl::artifact {
namespace {

using Json = nlohmann::json;

std::string records_folder(const std::string& dir) { return dir + "/artifacts"; }

std::string file_name(const ArtifactRecord& record) {
  const Digest whose = sha256(record.service + '\0' + record.version + '\0' + record.commit);
  return record.digest.hex() + "-" + whose.short8() + ".json";
}

std::string to_text(const ArtifactRecord& r) {
  const Json json{{"digest", r.digest.text()}, {"service", r.service}, {"version", r.version}, {"commit", r.commit},
                  {"made", to_string(r.made)}, {"size", r.size},       {"files", r.files},     {"format", 1}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<ArtifactRecord> from_text(const std::string& text) {
  ArtifactRecord r;
  try {
    const auto json = model::parse_integer_json(text);
    DEPLOYCTL_TRY(digest, Digest::parse(json.at("digest").get<std::string>()));
    DEPLOYCTL_TRY(made, parse_time(json.at("made").get<std::string>()));
    r.digest = digest;
    r.made = made;
    r.service = json.at("service").get<std::string>();
    r.version = json.at("version").get<std::string>();
    r.commit = json.at("commit").get<std::string>();
    r.size = json.at("size").get<std::uint64_t>();
    r.files = json.at("files").get<std::size_t>();
  } catch (const Json::exception& e) {
    return fail(Code::invalid, e.what());
  }
  return r;
}

}  // namespace

Status write_record(const std::string& dir, const ArtifactRecord& record) {
  DEPLOYCTL_CHECK(io::make_dirs(records_folder(dir)));
  return io::write_file(records_folder(dir) + "/" + file_name(record), to_text(record));
}

Result<std::vector<RecordFile>> read_records(const std::string& dir) {
  std::vector<RecordFile> records;
  auto names = io::list_dir(records_folder(dir));
  if (!names && names.error().code == Code::not_found) return records;
  if (!names) return fail(names.error());
  for (const auto& name : *names) {
    if (name.starts_with('.') || !name.ends_with(".json")) continue;
    const std::string path = records_folder(dir) + "/" + name;
    auto text = io::read_file(path);
    if (!text && text.error().code == Code::not_found) continue;  // removed by gc meanwhile
    if (!text) return fail(text.error());
    auto record = from_text(*text);
    if (!record)
      return fail(with_hint(error(Code::verification, path + " is damaged: " + record.error().text()),
                            "remove the file: its artifact is built again when it is needed"));
    records.push_back({path, std::move(*record)});
  }
  std::stable_sort(records.begin(), records.end(),
                   [](const RecordFile& a, const RecordFile& b) { return a.record.made > b.record.made; });
  return records;
}

}  // namespace deployctl::artifact
