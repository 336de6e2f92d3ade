// Bodies beyond a string: shared immutable blobs, files, and bodies made while they leave.
#pragma once

#include <kirsch/exchange.h>
#include <kirsch/host.h>

#include <memory>
#include <span>

namespace kirsch {

// Immutable bytes shared by many answers or streams, freed with the last reference. Copyable from any thread.
class Blob {
 public:
  Blob() = default;
  explicit Blob(std::string_view bytes) : raw_(made(functions().create(detail::host, text(bytes)))) {}
  explicit Blob(std::span<const kirsch_text> pieces)
      : raw_(made(functions().join(detail::host, pieces.data(), static_cast<std::uint32_t>(pieces.size())))) {}
  // One reference more of what somebody else holds.
  explicit Blob(kirsch_blob* shared) : raw_(shared) { functions().retain(raw_); }
  Blob(const Blob& other) : raw_(other.raw_) {
    if (raw_ != nullptr) functions().retain(raw_);
  }
  Blob(Blob&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
  Blob& operator=(Blob other) noexcept {
    std::swap(raw_, other.raw_);
    return *this;
  }
  ~Blob() {
    if (raw_ != nullptr) functions().release(raw_);
  }
  std::string_view bytes() const { return raw_ == nullptr ? std::string_view() : view(functions().bytes(raw_)); }
  kirsch_blob* raw() const { return raw_; }

 private:
  static kirsch_blob* made(kirsch_blob* raw) {
    if (raw == nullptr) throw std::bad_alloc();
    return raw;
  }
  static const kirsch_blob_functions& functions() {
    return detail::cached_feature<kirsch_blob_functions>(KIRSCH_FEATURE_BLOB);
  }
  kirsch_blob* raw_ = nullptr;
};

inline void send_blob(Exchange& exchange, const Blob& blob) {
  if (blob.raw() == nullptr) return exchange.response().body({});
  if (exchange.raw()->functions->body_blob(exchange.raw(), blob.raw()) == 0)
    throw std::invalid_argument("the head has left already");
}

// A file opened below a root; closed by whoever holds it last.
struct OpenedFile {
  int descriptor = -1;
  std::uint64_t size = 0;
  std::chrono::nanoseconds modified{};  // since the epoch
};

// A directory that paths of clients cannot leave. Open it in `prepare`; `open` may be called from any thread and may
// block on a slow disk.
class Root {
 public:
  Root() = default;
  // Throws std::runtime_error with the reason.
  explicit Root(const std::string& directory) : descriptor_(functions().open_directory(detail::host, text(directory))) {
    if (descriptor_ < 0)
      throw std::runtime_error("cannot open the directory " + directory + ": " + std::strerror(-descriptor_));
  }
  Root(Root&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Root& operator=(Root&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~Root() {
    if (descriptor_ >= 0) functions().close(descriptor_);
  }
  // Regular files below the root only. An errno otherwise (ENOENT, EXDEV, ELOOP, EISDIR, EACCES, ENODEV …).
  // `file.descriptor` is the caller's.
  int open(std::string_view relative, OpenedFile& file) const {
    std::int64_t modified = 0;
    file.descriptor = functions().open_beneath(detail::host, descriptor_, text(relative), &file.size, &modified);
    file.modified = std::chrono::nanoseconds(modified);
    return file.descriptor < 0 ? -file.descriptor : 0;
  }
  // A directory, to read its names; the same confinement. A descriptor of the caller, or a negative errno.
  int open_directory(std::string_view relative) const {
    return functions().open_directory_beneath(detail::host, descriptor_, text(relative));
  }

 private:
  static const kirsch_file& functions() { return detail::cached_feature<kirsch_file>(KIRSCH_FEATURE_FILE); }
  int descriptor_ = -1;
};

// Sends a range of the file without copying it through the module; takes the descriptor.
inline void send_file(Exchange& exchange, const OpenedFile& file, std::uint64_t offset, std::uint64_t size) {
  if (exchange.raw()->functions->body_file(exchange.raw(), file.descriptor, offset, size) == 0) {
    throw std::invalid_argument("the head has left already");
  }
}

using Piece = kirsch_piece;
inline Piece piece(std::string_view bytes) { return {text(bytes), 0, 0, -1}; }
inline Piece piece(int descriptor, std::uint64_t offset, std::uint64_t size) { return {{}, offset, size, descriptor}; }
// Bytes of a file in memory, such as memfd_create makes.
inline Piece piece(std::string_view bytes, int descriptor, std::uint64_t offset) {
  return {text(bytes), offset, bytes.size(), descriptor};
}

// Sends pieces of memory and of files that `owner` keeps valid and unchanged until they have left; it is released on
// any thread.
template <class Owner>
void send_pieces(Exchange& exchange, std::span<const Piece> pieces, std::shared_ptr<Owner> owner) {
  auto held = std::make_unique<std::shared_ptr<Owner>>(std::move(owner));
  const auto release = [](void* self) { delete static_cast<std::shared_ptr<Owner>*>(self); };
  if (exchange.raw()->functions->body_pieces(exchange.raw(), pieces.data(), static_cast<std::uint32_t>(pieces.size()),
                                             release, held.release()) == 0) {
    throw std::invalid_argument("the head has left already");
  }
}

// What a producer says with each call.
struct Produced {
  std::size_t size = 0;  // bytes written; 0 and not done: wait for Wake
  bool done = false;
};

// Calls a waiting producer again, from any thread.
class Wake {
 public:
  Wake() = default;
  explicit Wake(kirsch_handle handle) : handle_(handle) {}
  void operator()() const { detail::cached_feature<kirsch_resume>(KIRSCH_FEATURE_RESUME).wake(detail::host, handle_); }

 private:
  kirsch_handle handle_{};
};

// Streams a body: `producer(char* buffer, std::size_t capacity)` returns Produced, runs on the loop, must not block,
// and is called only while the client keeps up. A throw cuts the connection. `length` where known; otherwise chunked.
template <class Producer>
Wake send_stream(Exchange& exchange, Producer producer, std::optional<std::uint64_t> length = std::nullopt) {
  static constexpr kirsch_producer table{
      sizeof(kirsch_producer),
      [](void* self, char* buffer, std::size_t capacity, std::uint8_t* done) -> std::int64_t {
        try {
          const Produced produced = (*static_cast<Producer*>(self))(buffer, capacity);
          *done = produced.done ? 1 : 0;
          return static_cast<std::int64_t>(produced.size);
        } catch (...) {
          return -1;
        }
      },
      [](void* self) { delete static_cast<Producer*>(self); }};
  auto owned = std::make_unique<Producer>(std::move(producer));
  kirsch_exchange* raw = exchange.raw();
  if (raw->functions->body_stream(raw, &table, owned.get(), length.value_or(UINT64_MAX)) == 0) {
    throw std::invalid_argument("the head has left already");
  }
  owned.release();
  return Wake(raw->functions->handle(raw));
}

}  // namespace kirsch
