// A repository behind https that asks for a password: git's own server program behind a small web server with a
// certificate of its own authority.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>

#include "tests/support/lab.hpp"
#include "tests/support/process.hpp"

using namespace deployctl;
using namespace deployctl::testing;
using ::testing::HasSubstr;
using ::testing::Not;

namespace {

// Writes its port to the file `port` when it listens. A request without "git:canary-token" is answered with 401.
constexpr const char* server_program = R"py(
import base64, http.server, os, ssl, subprocess, sys
folder = sys.argv[1]
wanted = 'Basic ' + base64.b64encode(b'git:canary-token').decode()
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in headers: self.send_header(name, value)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def serve(self):
        if 'chunked' in self.headers.get('Transfer-Encoding', ''):
            data = b''
            while True:
                size = int(self.rfile.readline(), 16)
                data += self.rfile.read(size); self.rfile.readline()
                if size == 0: break
        else:
            data = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        if self.headers.get('Authorization') != wanted:
            return self.answer(401, [('WWW-Authenticate', 'Basic realm="x"')], b'')
        path, _, query = self.path.partition('?')
        env = dict(os.environ, GIT_PROJECT_ROOT=folder, GIT_HTTP_EXPORT_ALL='1', PATH_INFO=path, QUERY_STRING=query, REQUEST_METHOD=self.command,
                   CONTENT_TYPE=self.headers.get('Content-Type', ''), CONTENT_LENGTH=str(len(data)))
        out = subprocess.run(['git', '-c', 'safe.directory=*', 'http-backend'], input=data, env=env, stdout=subprocess.PIPE).stdout
        head, _, body = out.partition(b'\r\n\r\n')
        headers = [line.split(': ', 1) for line in head.decode().split('\r\n')]
        status = [int(value.split()[0]) for name, value in headers if name == 'Status'] or [200]
        self.answer(status[0], [h for h in headers if h[0] != 'Status'], body)
    do_GET = do_POST = serve
    def log_message(self, *words): pass
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(folder + '/server.pem', folder + '/server.key')
server.socket = context.wrap_socket(server.socket, server_side=True)
open(folder + '/port.new', 'w').write(str(server.server_address[1]))
os.rename(folder + '/port.new', folder + '/port')
server.serve_forever()
)py";

class HttpsServer {
 public:
  explicit HttpsServer(const std::string& folder) : folder_(folder) {
    std::ofstream(folder + "/server.py") << server_program;
    check_program({"sh", "-ec",
                   "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key -out "
                   "server.pem -days 2 "
                   "-subj /CN=127.0.0.1 -addext subjectAltName=DNS:127.0.0.1,IP:127.0.0.1 2>openssl.log"},
                  folder);
    host::Command command;
    command.argv = {"python3", "server.py", folder};
    command.cwd = folder;
    server_.emplace(std::move(host::Subprocess::spawn(command).value()));
  }
  std::string url(const std::string& path) const {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    std::string port;
    while (port.empty() && std::chrono::steady_clock::now() < until) {
      std::ifstream(folder_ + "/port") >> port;
      if (port.empty()) check_program({"sleep", "0.05"});
    }
    return "https://127.0.0.1:" + port + "/" + path;
  }

 private:
  std::string folder_;
  std::optional<host::Subprocess> server_;
};

}  // namespace

TEST(HttpsRepository, GetsTheTokenOfThePlanWhichIsNeverShown) {
  const TempDir dir;
  Lab lab({.targets = 1});
  const HttpsServer server(dir.path());
  check_program({"git", "clone", "-q", "--bare", lab.dir() / "toy.git", dir / "toy.git"});
  const char* usual = std::getenv("GIT_SSL_CAINFO");
  const std::string kept = usual ? usual : "";
  ::setenv("GIT_SSL_CAINFO", (dir / "server.pem").c_str(), 1);
  const std::string repo = "build.repo=" + server.url("toy.git");
  auto said = lab.deployctl({"build", "deploy.yaml", "--ref", "v1", "--set", repo});
  EXPECT_EQ(said.exit.code, 11) << said.out << said.err;
  EXPECT_THAT(said.err, HasSubstr("build.token: {env: GIT_TOKEN}"));
  std::ofstream(dir / "token") << "wrong\n";
  said = lab.deployctl(
      {"build", "deploy.yaml", "--ref", "v1", "--set", repo, "--set", "build.token={file: " + dir / "token" + "}"});
  EXPECT_EQ(said.exit.code, 11) << said.out << said.err;
  std::ofstream(dir / "token") << "canary-token\n";
  said = lab.deployctl(
      {"build", "deploy.yaml", "--ref", "v1", "--set", repo, "--set", "build.token={file: " + dir / "token" + "}"});
  kept.empty() ? ::unsetenv("GIT_SSL_CAINFO") : ::setenv("GIT_SSL_CAINFO", kept.c_str(), 1);
  EXPECT_EQ(said.exit.code, 0) << said.out << said.err;
  EXPECT_THAT(said.out, HasSubstr("v1"));
  EXPECT_THAT(said.out, HasSubstr("the first build of https://127.0.0.1:"));
  EXPECT_EQ(run_program({"grep", "-rl", "canary-token", lab.dir() / "state"}).out, "");
}
