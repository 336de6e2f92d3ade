# Who may include whom, and who alone may touch what is dangerous.
import fnmatch
import re

from headers import PACKAGES, STANDARD, SYSTEM
from tree import CXX, code, found, includes, rule

# Lower may not know higher, and equals do not know each other.
LAYERS = {"sdk": 0, "base": 1, "config": 2, "loader": 2, "engine": 2, "net": 2, "http": 3, "pipeline": 4, "server": 5, "testing": 6, "trial": 6,
          "command": 7}


def cmake_words(text):
    return re.sub(r"#[^\n]*", "", text).replace("(", " ( ").replace(")", " ) ").split()


def named_after(keyword, text):
    """What follows DEPENDS, PACKAGES … up to the next keyword or the end of the command."""
    named, inside = [], False
    for word in cmake_words(text):
        if word == keyword:
            inside = True
        elif word == ")" or re.fullmatch(r"[A-Z_]+", word):
            inside = False
        elif inside:
            named.append(word)
    return named


def dependencies(tree):
    """Component → the components that its CMakeLists.txt names."""
    return {name: named_after("DEPENDS", tree.files.get(f"core/{name}/CMakeLists.txt", ""))
            for name in tree.children("core")}


def reachable(name, graph):
    seen, waiting = set(), [name]
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            waiting += graph.get(current, [])
    return seen | {"sdk"}


@rule("a component depends on lower layers only: sdk, base, {config, loader, engine, net}, http, pipeline, server, command",
      bad=[{"core/config/CMakeLists.txt": "kirsch_core_library(config DEPENDS base net)"},
           {"core/base/CMakeLists.txt": "kirsch_core_library(base DEPENDS http PACKAGES Poco::Net)"},
           {"core/extra/CMakeLists.txt": "kirsch_core_library(extra DEPENDS base)"}],
      good=[{"core/http/CMakeLists.txt": "kirsch_core_library(http DEPENDS net) # not server"}])
def component_layers(tree):
    for name, depends in dependencies(tree).items():
        path = f"core/{name}/CMakeLists.txt"
        if name not in LAYERS:
            yield f"{path}: no such component in the design"
            continue
        for other in depends:
            if LAYERS.get(other, 99) >= LAYERS[name]:
                yield f"{path}: {name} may not depend on {other}"


CONFIG = {"core/config/CMakeLists.txt": "kirsch_core_library(config DEPENDS base)", "core/base/CMakeLists.txt": "",
          "core/net/CMakeLists.txt": "kirsch_core_library(net DEPENDS base)"}


@rule("a component includes itself, the SDK and what its CMakeLists.txt names, as \"component/file.h\"",
      bad=[CONFIG | {"core/config/a.cpp": '#include "net/loop.h"'},
           CONFIG | {"core/config/a.cpp": '#  include <net/loop.h>'},
           CONFIG | {"core/config/a.cpp": '#include "document.h"'},
           CONFIG | {"core/base/a.h": '#include "config/document.h"'}],
      good=[CONFIG | {"core/config/a.cpp": '#include "config/a.h"\n#include "base/value.h"\n#include "kirsch/abi.h"\n'
                                           '// #include "net/loop.h"\n#include <string>'}])
def component_includes(tree):
    graph = dependencies(tree)
    for name in graph:
        allowed = reachable(name, graph)
        for path, text in tree.below(f"core/{name}/", endings=CXX):
            for line, kind, included in includes(text):
                head = included.split("/")[0] if "/" in included else ""
                if head in graph and head not in allowed:
                    yield f"{path}:{line}: {name} may not include {included}"
                elif kind == '"' and head not in graph and head not in ("kirsch", ".."):
                    yield f"{path}:{line}: write \"component/file.h\", not \"{included}\""


@rule("no include leaves its folder by ../",
      bad=[{"tests/core/net/a_test.cpp": '#include "../b.h"'}, {"core/net/a.cpp": '#include "net/../http/b.h"'}],
      good=[{"core/net/a.cpp": '#include "net/b.h"'}])
def no_upward_includes(tree):
    for path, text in tree.below("core/", "plugins/", "modules/", "tests/", "tools/", endings=CXX):
        for line, _, included in includes(text):
            if ".." in included.split("/"):
                yield f"{path}:{line}: includes {included}"


@rule("the SDK includes the standard library and itself; a part that one library has apart only where it has it",
      bad=[{"core/sdk/kirsch/a.h": "#include <unistd.h>"}, {"core/sdk/kirsch/a.h": '#include "base/value.h"'},
           {"core/sdk/kirsch/a.h": "#include <bits/chrono.h>"},
           {"core/sdk/kirsch/draft/a.h": "#include <Poco/URI.h>"}],
      good=[{"core/sdk/kirsch/a.h": "#include <string>\n#include <stdint.h>\n#include <kirsch/b.h>\n"
                                    '#include "kirsch/abi.h"'},
            {"core/sdk/kirsch/a.h": "#if __has_include(<bits/chrono.h>)\n#include <bits/chrono.h>\n#endif\n"}])
def sdk_includes(tree):
    for path, text in tree.below("core/sdk/kirsch/", endings=CXX):
        for line, _, included in includes(text):
            apart = included.startswith("bits/") and f"__has_include(<{included}>)" in text
            if included not in STANDARD and not included.startswith("kirsch/") and not apart:
                yield f"{path}:{line}: includes {included}"


# (what, pattern of headers, owner)
HEADER_OWNERS = [
    ("YAML", r"yaml-cpp/", "core/config/"),
    ("loading of shared objects", r"boost/dll|dlfcn\.h$|link\.h$", "core/loader/"),
    ("sockets", r"Poco/Net/|sys/socket\.h|sys/un\.h|netinet/|arpa/|net/if\.h|netdb\.h|sys/epoll\.h|liburing", "core/net/"),
    ("TLS", r"openssl/", "core/net/"),
]
# (pattern of files, header, why this is no hole in the wall)
HEADER_EXCEPTIONS = [
    ("core/sdk/cookbook/alarm*", "Poco/Net/MailMessage.h", "a recipe for authors; what it makes opens nothing"),
    ("core/sdk/cookbook/alarm*", "Poco/Net/SMTPClientSession.h", "a recipe for authors; mail leaves from a worker"),
    ("core/sdk/cookbook/sealed*", "openssl/evp.h", "a recipe for authors; AES-GCM of a record, no sockets or certificates"),
    ("core/sdk/cookbook/sealed*", "openssl/rand.h", "a recipe for authors; AES-GCM of a record, no sockets or certificates"),
    ("core/config/*", "arpa/inet.h", "inet_pton reads an address as text; it opens nothing"),
    ("core/config/*", "sys/un.h", "the longest path of a unix socket is the size of sun_path"),
    ("core/base/log_datagrams*", "sys/socket.h", "syslog and journald take datagrams; log lines leave where no loop runs as well"),
    ("core/base/log_datagrams*", "sys/un.h", "syslog and journald take datagrams; log lines leave where no loop runs as well"),
    ("core/testing/socket_link.h", "Poco/Net/StreamSocket.h", "a client for tests of a whole system; it serves nobody"),
    ("modules/packages/redis_client/connection.h", "Poco/Net/SecureStreamSocket.h",
     "Poco::Redis::Client has no TLS, cannot be told how long sending may take, nor be ended by a watch; no listener, no server"),
    ("modules/sessions/session_id*", "openssl/evp.h", "SHA-256 of an id, without keys, sockets or certificates"),
    ("modules/websocket/handshake*", "openssl/evp.h", "SHA-1 of what both sides know, as RFC 6455 wants it"),
    ("plugins/systemd/notify_socket*", "sys/socket.h", "systemd takes datagrams; they are sent before loops run as well"),
    ("plugins/systemd/notify_socket*", "sys/un.h", "systemd takes datagrams; they are sent before loops run as well"),
]


def excepted(path, included):
    return any(fnmatch.fnmatch(path, file) and included == header for file, header, _ in HEADER_EXCEPTIONS)


@rule("one owner per dangerous library: yaml-cpp in core/config, dlopen in core/loader, sockets and TLS in core/net",
      bad=[{"core/server/a.cpp": "#include <yaml-cpp/yaml.h>"}, {"core/server/a.cpp": "#include <boost/dll/shared_library.hpp>"},
           {"core/http/a.cpp": "#include <Poco/Net/MediaType.h>"}, {"modules/a/a.cpp": "#include <sys/socket.h>"},
           {"core/config/a.cpp": "#include <sys/socket.h>"}, {"core/loader/a.cpp": "#include <openssl/sha.h>"}, {"plugins/a/a.cpp": "#include <dlfcn.h>"}],
      good=[{"core/config/a.cpp": "#include <yaml-cpp/eventhandler.h>", "core/net/a.cpp": "#include <sys/socket.h>",
             "core/loader/a.cpp": "#include <dlfcn.h>", "tests/system/a.cpp": "#include <sys/socket.h>"}])
def header_owners(tree):
    for path, text in tree.below("core/", "plugins/", "modules/", endings=CXX):
        for line, _, included in includes(text):
            for what, pattern, owner in HEADER_OWNERS:
                if re.match(pattern, included) and not path.startswith(owner) and not excepted(path, included):
                    yield f"{path}:{line}: {what} ({included}) belong to {owner}"


# (what, functions, owners)
CALL_OWNERS = [
    ("child processes", r"fork|vfork|posix_spawnp?|execv[pe]?e?|execl[pe]?|fexecve|popen|daemon",
     ["core/server/spawn*", "core/server/keeper*", "plugins/daemonizer/*"]),
    ("signal handlers", r"sigaction|signal|sigaltstack", ["core/server/*", "plugins/signals/*"]),
    ("the identity of the process", r"set(?:e|re|res|fs)?[ug]id|setgroups|initgroups|umask|chroot",
     ["core/server/spawn*", "core/server/keeper*", "plugins/dropprivileges/*", "plugins/daemonizer/*"]),
    ("dlopen", r"dlopen|dlmopen|dlsym", ["core/loader/*"]),
]
# (pattern of files, what, why this is no hole in the wall)
CALL_EXCEPTIONS = [
    ("core/loader/probe*", "child processes", "the child dies of the module's code in place of the server, so it is made where that code is mapped"),
    ("core/trial/child*", "child processes", "the child dies of the module's code in place of the command, and forks the server that it tries"),
    ("core/loader/probe*", "signal handlers", "only in that child, where a crash of the module must not be handled"),
    ("core/loader/probe*", "the identity of the process", "only in that child, which gives up its rights first"),
]


@rule("one owner per dangerous call: fork and exec, signal handlers, setuid, dlopen",
      bad=[{"core/http/a.cpp": "int f() { return ::fork(); }"}, {"modules/a/a.cpp": "std::signal(SIGPIPE, SIG_IGN);"},
           {"core/net/a.cpp": "setuid(0);"}, {"core/server/wiring.cpp": "void* h = dlopen(x, 1);"}],
      good=[{"core/server/spawn.cpp": "fork();", "plugins/signals/a.cpp": "sigaction(1, 2, 3);",
             "core/http/a.cpp": "// fork() is not called\nx.signal(); y->fork(); const char* t = \"fork()\"; pitchfork(2);"}])
def call_owners(tree):
    for path, text in tree.below("core/", "plugins/", "modules/", endings=CXX):
        for what, functions, owners in CALL_OWNERS:
            allowed = owners + [file for file, excepted, _ in CALL_EXCEPTIONS if excepted == what]
            if any(fnmatch.fnmatch(path, pattern) for pattern in allowed):
                continue
            for line, match in found(rf"(?<![\w.>])({functions})\s*\(", code(text)):
                yield f"{path}:{line}: {match[1]}(): {what} belong to {', '.join(owners)}"


def module_folders_of(tree):
    """The folders of modules, and of the packages that they share."""
    for parent in ("plugins", "modules", "modules/packages"):
        for name in tree.children(parent):
            if f"{parent}/{name}" != "modules/packages":
                yield f"{parent}/{name}/"


@rule("a module, or a package of several, includes the SDK, its own files, the standard library, POSIX, and packages that its "
      "CMakeLists.txt names",
      bad=[{"modules/a/a.cpp": '#include "base/value.h"'}, {"modules/a/a.cpp": '#include "gone.h"'},
           {"modules/a/a.cpp": "#include <zlib.h>", "modules/a/CMakeLists.txt": "kirsch_add_module(a SOURCES a.cpp)"},
           {"modules/a/a.cpp": '#include "b/b.h"', "modules/b/b.h": ""}, {"plugins/a/a.cpp": "#include <base/log.h>"},
           {"modules/a/a.cpp": '#include "room_house/house.h"', "modules/a/CMakeLists.txt": "kirsch_add_module(a)"},
           {"modules/packages/p/a.cpp": '#include "base/value.h"'}],
      good=[{"modules/a/a.cpp": '#include <kirsch/module.h>\n#include <string>\n#include <unistd.h>\n#include <zlib.h>\n'
                                '#include "b.h"\n#include "parts/c.h"', "modules/a/b.h": "", "modules/a/parts/c.h": "",
             "modules/a/CMakeLists.txt": "kirsch_add_module(a SOURCES a.cpp PACKAGES ZLIB::ZLIB)"},
            {"modules/a/a.cpp": '#include "room_house/house.h"',
             "modules/a/CMakeLists.txt": "kirsch_add_module(a PACKAGES Kirsch::room_house)"}])
def module_includes(tree):
    for folder in module_folders_of(tree):
        packages = named_after("PACKAGES", tree.files.get(folder + "CMakeLists.txt", ""))
        patterns = [pattern for package in packages for pattern in PACKAGES.get(package, [])]
        for path, text in tree.below(folder, endings=CXX):
            for line, quote, included in includes(text):
                own = quote == '"' and folder + included in tree.files
                if not (own or included.startswith("kirsch/") or included in STANDARD or included in SYSTEM
                        or excepted(path, included) or any(re.match(pattern, included) for pattern in patterns)):
                    yield f"{path}:{line}: includes {included}"


@rule("a module links nothing of the core, and only packages that tests/house/headers.py knows",
      bad=[{"modules/a/CMakeLists.txt": "kirsch_add_module(a PACKAGES kirsch_base)"},
           {"modules/a/CMakeLists.txt": "kirsch_add_module(a)\ntarget_link_libraries(module_a PRIVATE kirsch_http)"},
           {"plugins/a/CMakeLists.txt": "kirsch_add_module(a PACKAGES Unknown::Thing)"},
           {"plugins/a/CMakeLists.txt": "kirsch_add_module(a)\ntarget_include_directories(module_a PRIVATE ../../core)"}],
      good=[{"modules/a/CMakeLists.txt": "find_package(ZLIB REQUIRED)\nkirsch_add_module(a SOURCES a.cpp PACKAGES ZLIB::ZLIB)"}])
def module_links(tree):
    for path, text in tree.below("plugins/", "modules/", endings=("CMakeLists.txt",)):
        words = cmake_words(text)
        for package in named_after("PACKAGES", text):
            if package not in PACKAGES:
                yield f"{path}: tests/house/headers.py does not know the headers of {package}"
        for word in words:
            if re.match(r"kirsch_(?!add_(module|package)$)", word):
                yield f"{path}: names {word}"
            if word in ("target_include_directories", "include_directories"):
                yield f"{path}: {word} opens a way around the walls"
