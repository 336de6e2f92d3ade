# Which headers belong to the language, to the system, and to the packages that a module may name in its CMakeLists.txt.

STANDARD = set("""
algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv chrono cinttypes climits
clocale cmath codecvt compare complex concepts condition_variable coroutine csetjmp csignal cstdarg cstddef cstdint
cstdio cstdlib cstring ctime cuchar cwchar cwctype deque exception execution filesystem format forward_list fstream
functional future initializer_list iomanip ios iosfwd iostream istream iterator latch limits list locale map memory
memory_resource mutex new numbers numeric optional ostream queue random ranges ratio regex scoped_allocator semaphore
set shared_mutex source_location span sstream stack stdexcept stop_token streambuf string string_view syncstream
system_error thread tuple type_traits typeindex typeinfo unordered_map unordered_set utility valarray variant vector
version
assert.h ctype.h errno.h fenv.h float.h inttypes.h limits.h locale.h math.h setjmp.h signal.h stdarg.h stddef.h
stdint.h stdio.h stdlib.h string.h time.h uchar.h wchar.h wctype.h
""".split())

# POSIX and Linux without sockets; headers of processor instructions included.
SYSTEM = set("""
dirent.h elf.h endian.h fcntl.h fnmatch.h glob.h grp.h immintrin.h emmintrin.h linux/openat2.h linux/securebits.h nmmintrin.h poll.h
pthread.h pwd.h sched.h semaphore.h spawn.h strings.h sys/auxv.h sys/capability.h sys/eventfd.h sys/file.h
sys/inotify.h sys/ioctl.h sys/mman.h sys/prctl.h sys/random.h sys/resource.h sys/sendfile.h sys/signalfd.h sys/stat.h
sys/statvfs.h sys/syscall.h sys/sysmacros.h sys/time.h sys/timerfd.h sys/types.h sys/uio.h sys/utsname.h sys/wait.h
syslog.h termios.h tmmintrin.h ucontext.h unistd.h
""".split())

# CMake target → patterns of the headers that it brings. A module that names another target adds it here.
PACKAGES = {
    "Poco::Foundation": [r"Poco/[A-Za-z0-9]+\.h", r"Poco/Dynamic/"],
    "Poco::JSON": [r"Poco/JSON/", r"Poco/Dynamic/", r"Poco/[A-Za-z0-9]+\.h"],
    "Poco::NetSSL": [r"Poco/Net/SecureStreamSocket\.h", r"Poco/Crypto/OpenSSLInitializer\.h"],
    "Poco::Redis": [r"Poco/Redis/", r"Poco/[A-Za-z0-9]+\.h"],
    "OpenSSL::Crypto": [r"openssl/evp\.h"],
    "Threads::Threads": [],
    # Of this tree, modules/packages.
    "Kirsch::redis_client": [r"redis_client/"],
    "Kirsch::room_house": [r"room_house/"],
    "cap-ng": [r"cap-ng\.h"],
    "ZLIB::ZLIB": [r"zlib\.h"],
}
