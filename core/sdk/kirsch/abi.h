/* The binary contract between the server and a module: C types only. The C++ SDK (kirsch/module.h) is built on this
 * page.
 *
 * Rules. Text is pointer and length, never terminated. Whoever allocates frees. No exception may cross: a module's
 * functions are called as if `noexcept`; out of memory ends the process. Tables that are passed by pointer must stay
 * valid as long as the module. Each function says on which thread it may be called: [loop] the loop of the exchange or
 * stream, [step] the thread that runs the current hook, handler or callback, [any] any thread, [start] the thread that
 * loads modules. Layout and calls are those of the platform's C compiler.
 *
 * Growth. Within a major nothing is removed, reordered or given another meaning. What begins with its size may get
 * fields at its end, where it has no padding. The host never has less than a module's own page says (an older host
 * refuses the module) and takes what an older module has not for 0 or null; only between two modules, as a service
 * and its user are, either may be the older one, and who reads a later field asks for the size first. The exchange is
 * the host's alone and may grow without one. All other structs are final, since they are elements of arrays or passed
 * by value: more than they say will be told by new functions. Enumerations may get values where their comment says
 * so. A feature that must change otherwise gets another number in its id, and is offered beside the old one.
 *
 * The promise. A module that was built with SDK 1.m loads in every host of SDK 1.n with n >= m, whatever compiler and
 * C++ library made it. tests/house/contract.py records which contract a number stands for, and
 * tests/core/sdk/growth_test holds it against that of 1.0. */
#ifndef KIRSCH_ABI_H
#define KIRSCH_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KIRSCH_ABI_MAJOR 1
#define KIRSCH_ABI_MINOR 0

/* The ELF note that carries the manifest: section .note.kirsch, this owner and type, at most this many bytes of JSON.
 *   the module   name, version, abi ([major, minor]), provides; also summary, compiler, phase ("late", or "early": see
 *                kirsch/module.h), in_keeper (false), requires ({"features": [id…], "services": [id…]})
 *   a thing      of `provides`: kind, name; also summary, carries_over (false), options ([…])
 *     tool       hooks: [{point, class ("inline", or "blocking", "async"), priority (50), failsafe (false)}]
 *     handler    class, streams_body (false)
 *     plugin     channels: [{channel ("start", "stop", "exit", "graceful"), priority}]
 *     service    service (its id)
 *   an option    name, help, type ("boolean", "integer", "number", "string", "duration" …); also default (as YAML has
 *                it), minimum, maximum …: `readelf -p .note.kirsch` shows what the C++ SDK has written
 * The host ignores keys that it does not know. */
#define KIRSCH_NOTE_OWNER "Kirsch"
#define KIRSCH_NOTE_TYPE 1
#define KIRSCH_MANIFEST_LIMIT 262144

typedef struct kirsch_text {
  const char* data;
  size_t size;
} kirsch_text;

/* Room for one sentence about what went wrong, and for the name of the option at fault ("a.b" inside a structure; may
 * stay empty). The caller owns and zeroes it, the callee fills it (truncated, terminated by 0). */
typedef struct kirsch_error {
  char text[512];
  char option[64];
} kirsch_error;

/* ---- Options
 * ------------------------------------------------------------------------------------------------------------ */

/* How an option arrives after the host has validated it. Durations are INTEGER nanoseconds, sizes INTEGER bytes,
 * enumerations INTEGER index; paths (absolute) and secrets are TEXT; a cidr is TEXT of 17 bytes: an IPv6 (or v4-mapped)
 * address and the prefix length counted in its 128 bits. More may be added, for new types of options. */
typedef enum kirsch_value_kind {
  KIRSCH_VALUE_NONE = 0, /* an optional that is `off` */
  KIRSCH_VALUE_BOOLEAN = 1,
  KIRSCH_VALUE_INTEGER = 2,
  KIRSCH_VALUE_NUMBER = 3,
  KIRSCH_VALUE_TEXT = 4,
  KIRSCH_VALUE_LIST = 5,   /* `items`, `count` of them */
  KIRSCH_VALUE_MAP = 6,    /* `items`: key (TEXT) and value in turn, 2 * `count` of them, in the order of the file */
  KIRSCH_VALUE_STRUCT = 7, /* `items`: one per option in the order of the schema, defaults filled in */
  KIRSCH_VALUE_CHOICE = 8, /* one-of: `count` is the index of the alternative, `items` points to its value */
  KIRSCH_VALUE_SERVICE = 9 /* provider: `service` is the instance that the host created for it */
} kirsch_value_kind;

/* An instance of a service: `table` is the struct of functions that the service's id stands for. */
typedef struct kirsch_service {
  const void* table;
  void* self;
} kirsch_service;

typedef struct kirsch_value {
  uint32_t kind;
  uint32_t count;
  union {
    uint8_t boolean;
    int64_t integer;
    double number;
    kirsch_text text;
    const struct kirsch_value* items;
    kirsch_service service;
  } as;
} kirsch_value;

/* ---- Exchange
 * ----------------------------------------------------------------------------------------------------------- */

/* Hook points in the order of a request; the last two run on errors only (see kirsch/exchange.h for the whole story).
 * More may be added. */
typedef enum kirsch_hook {
  KIRSCH_HOOK_ON_START_RESOURCE = 0,
  KIRSCH_HOOK_BEFORE_REQUEST_BODY = 1,
  KIRSCH_HOOK_BEFORE_HANDLER = 2,
  KIRSCH_HOOK_BEFORE_FINALIZE = 3,
  KIRSCH_HOOK_ON_END_RESOURCE = 4,
  KIRSCH_HOOK_ON_END_REQUEST = 5,
  KIRSCH_HOOK_BEFORE_ERROR_RESPONSE = 6,
  KIRSCH_HOOK_AFTER_ERROR_RESPONSE = 7
} kirsch_hook;
#define KIRSCH_HOOKS 8 /* so many does this page know */

/* What a hook, a handler or a continuation returns. */
typedef enum kirsch_flow {
  KIRSCH_FLOW_NEXT = 0,    /* go on */
  KIRSCH_FLOW_ANSWER = 1,  /* the response is ready: go to before_finalize */
  KIRSCH_FLOW_SUSPEND = 2, /* `suspend` was called; go on when resumed. Steps of class async only */
  KIRSCH_FLOW_FAIL = 3     /* `fail` was called */
} kirsch_flow;

/* More may be added: to a module that does not know one it is as OTHER, and method_name says what it is. */
typedef enum kirsch_method {
  KIRSCH_METHOD_OTHER = 0,
  KIRSCH_METHOD_GET = 1,
  KIRSCH_METHOD_HEAD = 2,
  KIRSCH_METHOD_POST = 3,
  KIRSCH_METHOD_PUT = 4,
  KIRSCH_METHOD_DELETE = 5,
  KIRSCH_METHOD_OPTIONS = 6,
  KIRSCH_METHOD_PATCH = 7,
  KIRSCH_METHOD_CONNECT = 8,
  KIRSCH_METHOD_TRACE = 9
} kirsch_method;

/* One header line. `id` is the host's number of a known name, 0 if unknown; it is stable within one process only. */
typedef struct kirsch_field {
  const char* name;
  const char* value;
  uint32_t value_size;
  uint16_t name_size;
  uint16_t id;
} kirsch_field;

typedef struct kirsch_pair {
  kirsch_text name;
  kirsch_text value;
} kirsch_pair;

/* One part of a form. `filename` is what the client says: never a path. */
typedef struct kirsch_part {
  kirsch_text name;
  kirsch_text filename;
  kirsch_text type; /* empty: text/plain (RFC 7578 4.4) */
  kirsch_text body;
  uint8_t is_file; /* a filename was given, though it may be empty */
} kirsch_part;

/* `family` is 4 or 6 (the address in network order, IPv4 as v4-mapped), 1 for a unix socket, 0 unknown. */
typedef struct kirsch_address {
  uint8_t bytes[16];
  uint16_t port;
  uint16_t family;
} kirsch_address;

/* Views stay valid and unmoved until the last on_end_request hook has returned. Empty where a malformed message gave
 * nothing. */
typedef struct kirsch_request {
  uint32_t size;
  uint16_t method; /* kirsch_method */
  uint8_t version; /* of HTTP, times ten: 10 or 11; more may come */
  uint8_t secure;  /* 1: arrived over TLS */
  kirsch_text method_name;
  kirsch_text target; /* as received */
  kirsch_text path;   /* decoded once and normalised: UTF-8 without control characters; a %2F stays encoded */
  kirsch_text query;  /* raw, without the question mark */
  kirsch_text host;   /* lower case, without the port */
  kirsch_text body;   /* complete from before_handler on, unless the handler consumes the stream itself */
  const kirsch_field* fields;
  const kirsch_pair* params; /* {name} segments of the path */
  uint32_t field_count;
  uint32_t param_count;
} kirsch_request;

typedef struct kirsch_exchange kirsch_exchange;
/* A hook, a handler or a continuation; returns a kirsch_flow. */
typedef uint32_t (*kirsch_step)(void* self, kirsch_exchange*);
typedef struct kirsch_stream kirsch_stream;
typedef struct kirsch_blob kirsch_blob;

/* Names an exchange from any thread, also after it has ended (then `resume` and `wake` do nothing). */
typedef struct kirsch_handle {
  uint64_t slot;
  uint64_t generation;
} kirsch_handle;

/* A body that is made while it leaves. */
typedef struct kirsch_producer {
  uint32_t size;
  /* [loop] Fills at most `capacity` bytes; called only while the client keeps up. Returns the count; 0 means nothing
   * now: call `wake` later. Sets *done with the last bytes. A negative value aborts the connection (the client sees a
   * truncated body). */
  int64_t (*produce)(void* self, char* buffer, size_t capacity, uint8_t* done);
  /* Exactly once: [loop] when all was produced or the client is gone; [step] when another body replaces it. */
  void (*destroy)(void* self);
} kirsch_producer;

/* Raw bytes of an upgraded connection. All callbacks [loop]. */
typedef struct kirsch_stream_handler {
  uint32_t size;
  /* Once, after the 101 answer was handed to the kernel. `stream` is valid until `on_close` has returned. */
  void (*on_open)(void* self, kirsch_stream* stream);
  /* Bytes are mutable and valid during the call. Returns how many were consumed; the rest comes again with more behind
   * it. */
  size_t (*on_data)(void* self, kirsch_stream* stream, char* bytes, size_t size);
  /* The output fell below the low mark after `write` had reported a full queue. */
  void (*on_writable)(void* self, kirsch_stream* stream);
  /* Last callback, exactly once; frees `self`. `clean` is 1 when the peer ended the stream or `close` was called. */
  void (*on_close)(void* self, kirsch_stream* stream, uint8_t clean);
  /* May be null. The stream is to end, at most once: say goodbye as the protocol wants it and `close`. One that is
   * still open after the time of server.drain is closed by the host. `reason` is a kirsch_drain. */
  void (*on_drain)(void* self, kirsch_stream* stream, uint32_t reason);
} kirsch_stream_handler;

/* Why a stream is to end. More may be added. */
typedef enum kirsch_drain {
  KIRSCH_DRAIN_RELOAD = 1, /* its path, or the listener it came by, is gone or has changed */
  KIRSCH_DRAIN_STOP = 2    /* the process ends */
} kirsch_drain;

/* What became of an exchange: final in on_end_request, before that what is known so far. */
typedef struct kirsch_outcome {
  uint32_t size;
  uint8_t committed;  /* 1: the head of the answer was sent */
  uint8_t complete;   /* 1: all of the answer was handed to the kernel. 0 in on_end_request: the client has gone */
  uint64_t body_sent; /* bytes of the answer's body that the kernel took, without the framing of chunks (where the
                         client has gone in the midst of them it may be included) */
  uint64_t duration;  /* nanoseconds since the head of the request was complete */
  kirsch_text id;     /* names the request in the error log and on error pages; a view as those of kirsch_request */
} kirsch_outcome;

/* Where the configuration leads a request, and what it has called so far. Texts are views as those of kirsch_request.
 */
typedef struct kirsch_route {
  uint32_t size;
  uint32_t tool_count;
  kirsch_text listener;     /* its name in YAML */
  kirsch_text path;         /* as YAML writes it: "/users/{id}". Empty: an unknown host or path, a rejected message */
  kirsch_text handler;      /* the one that was called; empty: none */
  const kirsch_text* tools; /* those of which a step was called, in the order of declaration */
} kirsch_route;

/* A piece of a body: a range of a file where `descriptor` is not negative, else bytes. Both: the same bytes twice,
 * which no disk has to be waited for; the host sends what costs less. */
typedef struct kirsch_piece {
  kirsch_text bytes;
  uint64_t offset;
  uint64_t size;
  int32_t descriptor;
} kirsch_piece;

/* Functions on an exchange. [step] unless said otherwise; never after the last on_end_request hook has returned. */
typedef struct kirsch_exchange_functions {
  uint32_t size;

  /* Memory of the exchange, aligned to 16. Null: more than 1 MiB was asked for. */
  void* (*allocate)(kirsch_exchange*, size_t size);

  /* Request. Parsed once, on first use; views as those of kirsch_request. */
  uint8_t (*request_field)(kirsch_exchange*, kirsch_text name, kirsch_text* value); /* first of that name; 0: absent */
  const kirsch_pair* (*query)(kirsch_exchange*, uint32_t* count);
  const kirsch_pair* (*cookies)(kirsch_exchange*, uint32_t* count);
  const kirsch_pair* (*form)(kirsch_exchange*, uint32_t* count); /* application/x-www-form-urlencoded */
  /* The parts of a multipart/form-data body (RFC 7578), parsed once; views as those of kirsch_request. *status: 0, or
   * what the body deserves: 400 malformed, 413 more than 128 parts, 415 another type; then none are returned. */
  const kirsch_part* (*parts)(kirsch_exchange*, uint32_t* count, uint16_t* status);
  /* Of a file that holds the whole body of the request, which then is mapped where request->body points; -1: it is in
   * memory. Open until the last on_end_request hook has returned; without a name in any folder. */
  int32_t (*body_descriptor)(kirsch_exchange*);
  /* How much the client wants a media type ("text/html") by its Accept (RFC 9110 12.5.1): 0, not at all, to 1000. */
  uint32_t (*quality)(kirsch_exchange*, kirsch_text type);
  /* Who asked, and at which address of this machine; views as those of kirsch_request. Never null. */
  const kirsch_address* (*peer)(kirsch_exchange*);
  const kirsch_address* (*local)(kirsch_exchange*);

  /* Response. Names and values are copied. Setters return 1, or 0 when the name is not a token, the value holds CR, LF,
   * NUL or another control character (RFC 9110 5.5), the field belongs to the framing (Content-Length,
   * Transfer-Encoding, Connection, Date), or the head is committed. */
  uint16_t (*status)(kirsch_exchange*);
  uint8_t (*set_status)(kirsch_exchange*, uint16_t status);                        /* 200..599, or 101 with `upgrade` */
  uint8_t (*set_field)(kirsch_exchange*, kirsch_text name, kirsch_text value);     /* replaces all of that name */
  uint8_t (*add_field)(kirsch_exchange*, kirsch_text name, kirsch_text value);     /* appends a line */
  uint8_t (*default_field)(kirsch_exchange*, kirsch_text name, kirsch_text value); /* only if absent */
  uint8_t (*remove_field)(kirsch_exchange*, kirsch_text name);
  uint8_t (*response_field)(kirsch_exchange*, kirsch_text name, kirsch_text* value); /* view until the next change */
  /* The registered words of the answer's status, static; empty: it has none. */
  kirsch_text (*reason)(kirsch_exchange*);

  /* Body: the last call wins; what an earlier one gave is released. */
  uint8_t (*body_copy)(kirsch_exchange*, kirsch_text bytes);
  uint8_t (*body_view)(kirsch_exchange*, kirsch_text bytes); /* must stay valid while the module's instance lives */
  uint8_t (*body_blob)(kirsch_exchange*, kirsch_blob*);      /* takes a reference of its own */
  uint8_t (*body_file)(kirsch_exchange*, int32_t descriptor, uint64_t offset,
                       uint64_t size); /* the host closes it, also on 0 */
  /* `length` UINT64_MAX: unknown (chunked, or until close for HTTP/1.0). `self` is the host's, unless 0 is returned. */
  uint8_t (*body_stream)(kirsch_exchange*, const kirsch_producer*, void* self, uint64_t length);
  /* Body of several pieces, in order; the array is copied. Bytes and descriptors stay valid and unchanged until
   * `release` [any] was called: exactly once, also on 0. */
  uint8_t (*body_pieces)(kirsch_exchange*, const kirsch_piece*, uint32_t count, void (*release)(void* owner),
                         void* owner);
  uint64_t (*body_size)(kirsch_exchange*); /* of the response; UINT64_MAX if unknown */
  /* 1: the body is the server's own page for an error; another may be given in its place. */
  uint8_t (*error_page)(kirsch_exchange*);

  /* Ends the normal course; then return KIRSCH_FLOW_FAIL. status 400..599 answers with that error page and `text` on
   * it; any other, 0 say, is an unexpected error: 500 for the client, `text` only in the log. */
  void (*fail)(kirsch_exchange*, uint16_t status, kirsch_text text);
  /* Sets status 3xx, Location and a short body; then return KIRSCH_FLOW_ANSWER. Returns as the setters do. */
  uint8_t (*redirect)(kirsch_exchange*, uint16_t status, kirsch_text location);

  /* [loop] Only in steps of class async; then return KIRSCH_FLOW_SUSPEND. `resumed` [loop] (may be null) runs after
   * resume and returns a flow like a hook; `destroy` (may be null) runs exactly once afterwards, or alone when the
   * client has gone: then on_end_request follows at once. */
  kirsch_handle (*suspend)(kirsch_exchange*, kirsch_step resumed, void (*destroy)(void* self), void* self);

  /* Names this exchange for `wake` of a producer, or its stream after an upgrade. */
  kirsch_handle (*handle)(kirsch_exchange*);

  /* Something that later steps look up by id; `destroy` (may be null) runs after the last on_end_request hook. */
  uint8_t (*attach)(kirsch_exchange*, kirsch_text id, void* data, void (*destroy)(void* data));
  void* (*attachment)(kirsch_exchange*, kirsch_text id);

  /* Handlers only: answers 101 with the fields set so far and gives the connection to `handler`. on_end_request begins
   * before on_open. If the exchange fails before that, on_close runs with a null stream. 0, and `self` stays the
   * caller's: the request does not ask for an upgrade (RFC 9110 7.8), or it was granted already. */
  uint8_t (*upgrade)(kirsch_exchange*, const kirsch_stream_handler*, void* self);

  /* The caller's until the next call. */
  const kirsch_outcome* (*outcome)(kirsch_exchange*);
  /* Names the request in logs and on error pages, in place of the name that the server gives it: 1 to 128 letters,
   * digits and -._~:@+/= (copied). Once per exchange; 0: it is named already, or not with these. */
  uint8_t (*set_id)(kirsch_exchange*, kirsch_text id);
  /* The caller's until the next call. */
  const kirsch_route* (*route)(kirsch_exchange*);
} kirsch_exchange_functions;

/* `lane` is that of the thread that runs the current step: 0 .. kirsch_host.lanes - 1. */
struct kirsch_exchange {
  const kirsch_exchange_functions* functions;
  const kirsch_request* request;
  uint32_t lane;
};

/* ---- Host and features
 * -------------------------------------------------------------------------------------------------- */

/* One per loaded module, valid until deinit has returned. */
typedef struct kirsch_host {
  uint32_t size;
  uint16_t abi_major;
  uint16_t abi_minor;
  uint32_t lanes; /* loops and workers together: every lane is smaller */
  uint32_t loops; /* lanes 0 .. loops - 1 are the loops */
  const void* (*feature)(const struct kirsch_host*, kirsch_text id);                  /* [any] null: absent */
  uint8_t (*service)(const struct kirsch_host*, kirsch_text id, kirsch_service* out); /* [start] 0: absent */
} kirsch_host;

typedef enum kirsch_level {
  KIRSCH_LEVEL_DEBUG = 0,
  KIRSCH_LEVEL_INFO = 1,
  KIRSCH_LEVEL_WARNING = 2,
  KIRSCH_LEVEL_ERROR = 3
} kirsch_level;

typedef struct kirsch_named_log kirsch_named_log;

#define KIRSCH_FEATURE_LOG "kirsch/log/1"
typedef struct kirsch_log {
  uint32_t size;
  void (*write)(const kirsch_host*, uint32_t level, kirsch_text line); /* [any] the host adds time and module name */
  uint8_t (*enabled)(const kirsch_host*, uint32_t level);              /* [any] */
  /* [any] The log that YAML declares by that name (`logs: { access: { to: … } }`), valid until deinit has returned.
   * Null: YAML declares none; `error` is no such log. */
  kirsch_named_log* (*open)(const kirsch_host*, kirsch_text name);
  /* [any] Adds one line, never blocks. Bytes outside of printable ASCII appear as \xHH, what exceeds 64 KiB is cut.
   * 0: too many lines wait; this one was dropped and counted. */
  uint8_t (*append)(kirsch_named_log*, kirsch_text line);
} kirsch_log;

#define KIRSCH_FEATURE_TIMER "kirsch/timer/1"
typedef struct kirsch_timer {
  uint32_t size;
  /* [loop] or on a loop's thread in any callback. Fires once, on the same loop, after at least `milliseconds`.
   * 0, and `destroy` has run: there is no such loop.
   * Timers that are pending when the loop ends do not fire; `destroy` (may be null) runs exactly once in every case. */
  uint64_t (*start)(const kirsch_host*, uint32_t lane, uint64_t milliseconds, void (*fire)(void* self),
                    void (*destroy)(void* self), void* self);
  void (*cancel)(const kirsch_host*, uint32_t lane, uint64_t timer); /* same thread; unknown numbers are ignored */
} kirsch_timer;

/* A piece of work for another thread: exactly one of `run` and `drop` is called (`drop` when the server stops first).
 */
typedef struct kirsch_task {
  void (*run)(void* self);
  void (*drop)(void* self);
  void* self;
} kirsch_task;

#define KIRSCH_FEATURE_SUBMIT "kirsch/submit/1"
typedef struct kirsch_submit {
  uint32_t size;
  /* 0 also before the loops run, as in `start` of priorities below 90, and after they have ended. */
  uint8_t (*submit)(const kirsch_host*,
                    kirsch_task task); /* [any] to a worker; 0: the queue is full, nothing was called */
} kirsch_submit;

#define KIRSCH_FEATURE_POST "kirsch/post/1"
typedef struct kirsch_post {
  uint32_t size;
  /* 0 also before the loops run, as in `start` of priorities below 90. */
  uint8_t (*post)(const kirsch_host*, uint32_t lane,
                  kirsch_task task); /* [any] to that loop; 0: it has ended, nothing was called */
} kirsch_post;

#define KIRSCH_FEATURE_RESUME "kirsch/resume/1"
typedef struct kirsch_resume {
  uint32_t size;
  void (*resume)(const kirsch_host*,
                 kirsch_handle exchange); /* [any] a suspended exchange goes on; at most once per suspend */
  void (*wake)(const kirsch_host*, kirsch_handle exchange); /* [any] calls a waiting producer again */
} kirsch_resume;

#define KIRSCH_FEATURE_STORAGE "kirsch/storage/1"
typedef struct kirsch_storage {
  uint32_t size;
  /* [start] Memory that outlives generations: zeroed the first time, the same for the same module, name, version and
   * size afterwards; stays until the process ends. Keep no pointer to code or static data of the module in it. Null: no
   * memory.
   */
  void* (*open)(const kirsch_host*, kirsch_text name, uint32_t version, size_t size);
} kirsch_storage;

#define KIRSCH_FEATURE_BLOB "kirsch/blob/1"
typedef struct kirsch_blob_functions {
  uint32_t size;
  /* [any] Copies; one reference for the caller. Null: no memory. */
  kirsch_blob* (*create)(const kirsch_host*, kirsch_text bytes);
  void (*retain)(kirsch_blob*);             /* [any] */
  void (*release)(kirsch_blob*);            /* [any] */
  kirsch_text (*bytes)(const kirsch_blob*); /* [any] immutable, valid while a reference is held */
  kirsch_blob* (*join)(const kirsch_host*, const kirsch_text* pieces, uint32_t count); /* [any] as create, in order */
} kirsch_blob_functions;

#define KIRSCH_FEATURE_FILE "kirsch/file/1"
typedef struct kirsch_file {
  uint32_t size;
  /* [any] Opens a regular file below the directory `root` without ever leaving it: no `..`, no link that points
   * outside, no device. Returns a descriptor of the caller, or -errno (ENOENT, EXDEV: it would leave, ELOOP, EISDIR,
   * EACCES, ENODEV: not a regular file). */
  int32_t (*open_beneath)(const kirsch_host*, int32_t root, kirsch_text relative, uint64_t* bytes,
                          int64_t* modified_ns);
  /* [start] Opens a directory for open_beneath; -errno on failure. */
  int32_t (*open_directory)(const kirsch_host*, kirsch_text path);
  void (*close)(int32_t descriptor); /* [any] for a module that includes no system header */
  /* [any] Opens a directory below `root` for reading its names, confined as open_beneath. Returns a descriptor of the
   * caller, or -errno (ENOTDIR …). */
  int32_t (*open_directory_beneath)(const kirsch_host*, int32_t root, kirsch_text relative);
} kirsch_file;

#define KIRSCH_FEATURE_STREAM "kirsch/stream/1"
typedef struct kirsch_stream_functions {
  uint32_t size;
  /* [loop] Copies what the kernel does not take at once. Returns 1, or 0 when the queue is above its high mark (256
   * KiB): the bytes are queued all the same, wait for on_writable. Ignored after close. */
  uint8_t (*write)(kirsch_stream*, const kirsch_text* pieces, uint32_t count);
  uint8_t (*write_blob)(kirsch_stream*, kirsch_blob*); /* null: nothing is written */
  /* [loop] After what is queued was sent; on_close follows, later. `abort` 1: at once, what is queued is lost. */
  void (*close)(kirsch_stream*, uint8_t abort);
  uint32_t (*lane)(kirsch_stream*);              /* [loop] for kirsch_post and PerLane data */
  const kirsch_address* (*peer)(kirsch_stream*); /* [loop] valid as long as the stream */
  void (*pause)(kirsch_stream*, uint8_t on);     /* [loop] 1: no on_data until 0 */
  uint64_t (*queued)(kirsch_stream*);            /* [loop] bytes that the kernel has not taken */
  /* [loop] on_writable, once, when fewer than that are queued; at the end of this turn if they are. 0: not for this any
   * more. What a full queue promises (`write`) stays, though one call may be for both. */
  void (*notify)(kirsch_stream*, uint64_t below);
} kirsch_stream_functions;

/* Header fields of answers that are made at load: a request neither checks nor copies them. */
#define KIRSCH_FEATURE_FIELD "kirsch/field/1"
typedef struct kirsch_field_functions {
  uint32_t size;
  /* [any] `line` is "name: value" with its line end, CR LF. 1: *field stands for it, and may be given to the functions
   * below as long as the line stays where and as it is, which is until no exchange lives that it was given to: until
   * the instance is destroyed. 0: set_field would refuse it. */
  uint8_t (*prepare)(const kirsch_host*, kirsch_text line, kirsch_field* field);
  /* [step] As set_field, add_field and default_field. */
  uint8_t (*set)(kirsch_exchange*, const kirsch_field*);
  uint8_t (*add)(kirsch_exchange*, const kirsch_field*);
  uint8_t (*set_default)(kirsch_exchange*, const kirsch_field*);
} kirsch_field_functions;

#define KIRSCH_FEATURE_TLS "kirsch/tls/1"
/* What the handshake of a connection has settled; views as those of kirsch_request. The texts about the client are
 * empty where it has shown no certificate; one that it has shown was verified. */
typedef struct kirsch_tls {
  uint32_t size;
  uint16_t cipher_bits;
  uint8_t resumed;            /* 1: an earlier session goes on */
  uint8_t client_verified;    /* 1: the client has shown a certificate */
  kirsch_text version;        /* "TLSv1.3" */
  kirsch_text cipher;         /* "TLS_AES_128_GCM_SHA256" */
  kirsch_text server_name;    /* lower case; empty: the client named none (SNI) */
  kirsch_text application;    /* "http/1.1"; empty: nothing was negotiated (ALPN) */
  kirsch_text client_subject; /* RFC 2253 */
  kirsch_text client_issuer;
  kirsch_text client_serial;     /* hexadecimal */
  kirsch_text client_not_before; /* 2026-01-31T12:00:00Z */
  kirsch_text client_not_after;
  kirsch_text client_fingerprint; /* SHA-256, hexadecimal */
  kirsch_text client_certificate; /* PEM */
} kirsch_tls;
typedef struct kirsch_tls_functions {
  uint32_t size;
  const kirsch_tls* (*facts)(kirsch_exchange*); /* [step] null: the request came without TLS */
} kirsch_tls_functions;

/* What a listener of a channel hears. */
typedef struct kirsch_event {
  uint32_t size;
  int32_t code;        /* channel failed: the exit code of the process; else 0 */
  kirsch_text channel; /* valid during the call, as is `message` */
  kirsch_text message; /* why, or what the channel is about */
} kirsch_event;

/* 0: done; otherwise `error` says why, which fails what the channel stands for. */
typedef int32_t (*kirsch_listen)(void* self, const kirsch_event*, kirsch_error*);

/* Channels of the engine, beside start, stop, exit and graceful of a plugin's table:
 *   ready        the server serves; message: a line "serving URL" for each address
 *   failed       the start has failed; message: the errors as a terminal shows them; code: the exit code
 *   restart      a new process is to take over; retire: it has, and this one ends
 *   reopen_logs  files of logs were moved away; also before graceful; reload_certificates: those of TLS were replaced
 *   log          message: a line that the engine itself logs
 *   SIGxxx       the plugin signals took that signal; message: who sent it
 * They run on the thread that runs the engine, log and SIGxxx on the thread that publishes. */
#define KIRSCH_FEATURE_BUS "kirsch/bus/1"
typedef struct kirsch_bus {
  uint32_t size;
  void (*exit)(const kirsch_host*, kirsch_text reason);     /* [any] asks for an orderly end; returns at once */
  void (*force)(const kirsch_host*, kirsch_text reason);    /* [any] ends the drain now */
  void (*graceful)(const kirsch_host*, kirsch_text reason); /* [any] asks all services to reload */
  uint8_t (*stopping)(const kirsch_host*);                  /* [any] 1 once an end was asked for */
  /* [any] Asks the engine to publish graceful, restart, reopen_logs, reload_certificates or a channel of modules;
   * returns at once. exit and stop are what `exit` does. start, ready, failed, retire and rehearsal belong to the
   * engine: an error in the log, and nothing else. */
  void (*request)(const kirsch_host*, kirsch_text channel, kirsch_text reason);
  /* [any] Runs the listeners of a channel of modules, of log or of a SIGxxx on this thread before it returns; what
   * fails is in the error log. All other channels are asked for, as by `request`. */
  void (*publish)(const kirsch_host*, kirsch_text channel, kirsch_text message);
  /* [any] Listens, in ascending order of `priority` (0 to 100). Never 0. */
  uint64_t (*subscribe)(const kirsch_host*, kirsch_text channel, int32_t priority, kirsch_listen, void* self);
  /* [any] When it returns the listener is not running, save on this very thread, and is not called again. */
  void (*unsubscribe)(const kirsch_host*, uint64_t subscription);
} kirsch_bus;

/* The process, for plugins that change what it is. */
#define KIRSCH_FEATURE_PROCESS "kirsch/process/1"
typedef struct kirsch_process {
  uint32_t size;
  /* [start] The process whose place this one takes (a restart), or 0. It serves on until ready is published. */
  int32_t (*predecessor)(const kirsch_host*);
  /* [start] Before privileges are dropped: gives that user and group what the server owns and will want to change,
   * such as its state directory. 0, or -1 and `error` says why. */
  int32_t (*give)(const kirsch_host*, uint32_t user, uint32_t group, kirsch_error* error);
  int32_t (*main_pid)(const kirsch_host*); /* [any] of the process that stands for the whole: the keeper, or this one */
} kirsch_process;

/* Numbers for operators. A module counts for itself, without locks (a cell per lane, say), and is read when somebody
 * asks. */
#define KIRSCH_FEATURE_COUNTER "kirsch/counter/1"
typedef enum kirsch_metric_kind {
  KIRSCH_METRIC_COUNTER = 0,  /* begins at 0 and grows */
  KIRSCH_METRIC_GAUGE = 1,    /* how it is now */
  KIRSCH_METRIC_HISTOGRAM = 2 /* how many observations fell between which bounds */
} kirsch_metric_kind;

/* Texts, labels and bounds are copied. Metrics of one name and equal labels are one for who looks: added up, save those
 * of a `source` that is not 0, of which one is taken. Those of one name have one kind and the same bounds; one that
 * differs is not shown. */
typedef struct kirsch_metric {
  uint32_t size;
  uint32_t kind;    /* kirsch_metric_kind */
  kirsch_text name; /* a-z, 0-9 and _; with its unit behind it: _seconds, _bytes; that of a counter ends in _total */
  kirsch_text help; /* one sentence */
  const kirsch_pair* labels; /* names as above, any values */
  const double* bounds;      /* of a histogram: ascending; the last bucket has none */
  uint32_t label_count;
  uint32_t bound_count;
  uint64_t source; /* what two metrics both read: the address of a table, say */
  /* [any] One value, NaN if nobody knows it now; of a histogram bound_count + 1 counts, none of which holds another,
   * and the sum of all observations. Takes no time worth speaking of, and neither declares nor withdraws. */
  void (*read)(void* self, double* values);
  void* self;
} kirsch_metric;

typedef struct kirsch_counter {
  uint32_t size;
  /* [any] Until it is withdrawn, at the latest when the module goes. 0: no such name or kind, labels without one or of
   * one twice, bounds that do not ascend, a name that is or shows samples of another metric, or no memory. */
  uint64_t (*declare)(const kirsch_host*, const kirsch_metric*);
  void (*withdraw)(const kirsch_host*, uint64_t metric); /* [any] when it returns, `read` runs no more */
  /* [any] Those of all modules of this process, in the text format of Prometheus, version 0.0.4. Calls `take` once; not
   * at all where there is no memory. */
  void (*text)(const kirsch_host*, void (*take)(void* context, kirsch_text), void* context);
} kirsch_counter;

/* ---- Module
 * ------------------------------------------------------------------------------------------------------------- */

/* One thing that a module provides; entries in the order of "provides" in the manifest. Functions that do not apply are
 * null. */
typedef struct kirsch_provided {
  uint32_t size;
  uint32_t hook_count; /* of `hooks`: KIRSCH_HOOKS as the module knows it */
  /* [start] One instance per distinct use in the configuration. `options` (STRUCT) are valid during the call. 0: *self
   * is the instance. Otherwise `error` says why: with the name of an option the configuration is refused at that
   * place, without one the module is. */
  int32_t (*create)(const kirsch_value* options, void** self, kirsch_error* error);
  void (*destroy)(void* self); /* [start] after its last use */

  /* Tools: by kirsch_hook. [step]: the loop, or a worker for steps of class blocking. Concurrent calls on one instance
   * are normal. May be null where hook_count is 0. */
  const kirsch_step* hooks;

  /* Handlers. [step] */
  kirsch_step handle;
  /* [loop] If set, the body is not buffered: it is passed here as it arrives, between before_request_body and
   * before_handler; `bytes` is valid during the call. It may suspend, whatever the class of the handler, and nothing is
   * read from the client meanwhile; KIRSCH_FLOW_ANSWER answers without the rest of the body and without `handle`. The
   * length is bounded by the body limit of the path. */
  uint32_t (*on_body)(void* self, kirsch_exchange*, kirsch_text bytes);

  /* Engine plugins: channels of the bus. [start] 0: done; otherwise `error` says why. stop and exit are called even if
   * others failed. */
  int32_t (*start)(void* self, kirsch_error* error);
  int32_t (*stop)(void* self, kirsch_error* error);
  int32_t (*exit)(void* self, kirsch_error* error);
  int32_t (*graceful)(void* self, kirsch_error* error);

  /* Services: the table that the service's id stands for. */
  const void* service;
} kirsch_provided;

/* The one exported symbol of a module: `const kirsch_module_entry kirsch_module`. */
typedef struct kirsch_module_entry {
  uint32_t size;
  uint16_t abi_major;
  uint16_t abi_minor;
  kirsch_text manifest; /* the same bytes as in the note */
  /* [start] First call into the module, before any create. */
  int32_t (*init)(const kirsch_host*, kirsch_error*);
  void (*deinit)(void); /* [start] last call; every instance is destroyed before */
  const kirsch_provided* const* provided;
  size_t provided_count;
} kirsch_module_entry;

/* What makes a shared object in C a module, once, at file scope: the members of the manifest (a string literal) but for
 * abi and compiler, init, deinit, and an array of pointers to what it provides. In C++ kirsch/module.h does it. Nothing
 * but kirsch_module is to be exported: -fvisibility=hidden, or module.map beside the SDK. */
#ifndef __cplusplus
#define KIRSCH_DIGITS_OF(number) #number
#define KIRSCH_DIGITS(number) KIRSCH_DIGITS_OF(number)
#define KIRSCH_MANIFEST_IN_C(members) \
  "{\"abi\":[" KIRSCH_DIGITS(KIRSCH_ABI_MAJOR) "," KIRSCH_DIGITS(KIRSCH_ABI_MINOR) "],\"compiler" \
  "\":\"" __VERSION__ "\"," members "}"
#define KIRSCH_MODULE_IN_C(members, init_function, deinit_function, provided_array)                              \
  static const struct {                                                                                          \
    uint32_t owner_size, manifest_size, type;                                                                    \
    char owner[(sizeof(KIRSCH_NOTE_OWNER) + 3) / 4 * 4];                                                         \
    char manifest[(sizeof(KIRSCH_MANIFEST_IN_C(members)) + 2) / 4 * 4];                                          \
  } kirsch_note __attribute__((section(".note.kirsch"), used, aligned(4))) = {                                   \
      sizeof(KIRSCH_NOTE_OWNER), sizeof(KIRSCH_MANIFEST_IN_C(members)) - 1, KIRSCH_NOTE_TYPE, KIRSCH_NOTE_OWNER, \
      KIRSCH_MANIFEST_IN_C(members)};                                                                            \
  __attribute__((visibility("default")))                                                                         \
  const kirsch_module_entry kirsch_module = {sizeof(kirsch_module_entry),                                        \
                                             KIRSCH_ABI_MAJOR,                                                   \
                                             KIRSCH_ABI_MINOR,                                                   \
                                             {kirsch_note.manifest, sizeof(KIRSCH_MANIFEST_IN_C(members)) - 1},  \
                                             init_function,                                                      \
                                             deinit_function,                                                    \
                                             provided_array,                                                     \
                                             sizeof(provided_array) / sizeof((provided_array)[0])}
#endif

#ifdef __cplusplus
}
#endif

#endif
