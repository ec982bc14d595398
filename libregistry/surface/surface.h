/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SURFACE_SURFACE_H
#define SURFACE_SURFACE_H

/*
 * The parts of everything that answers requests. A surface is a table of routes and a way to show errors. The
 * dispatcher finds the route, resolves organization and registry, decides access by the route's action, and only then
 * calls the route's handler. A handler answers at once, or sets a sink that takes the body and answers at its end.
 */

#include "base/json.h"
#include "core/content/content.h"
#include "core/core.h"
#include "core/ecosystem.h"
#include "http/headers.h"
#include "http/url.h"

enum http_method {
    HTTP_GET = 0x01, /* a route with GET serves HEAD too */
    HTTP_HEAD = 0x02,
    HTTP_POST = 0x04,
    HTTP_PUT = 0x08,
    HTTP_PATCH = 0x10,
    HTTP_DELETE = 0x20,
    HTTP_OPTIONS = 0x40,
    HTTP_OTHER = 0x80
};

struct call;

/* Takes a request body as it arrives. `write` and `finish` end with a response or with a failure, which the dispatcher
 * shows.
 *
 * Long work is done in turns (base/turn.h). When a turn is over and work is left, `write` or `finish` sets
 * call->has_more. After other exchanges have had their turns, the same function is called again, `write` without bytes;
 * no other function is called in between. */
struct sink {
    lreg_status (*write)(struct call *call, void *state, const void *bytes, size_t length, struct error *err);
    lreg_status (*finish)(struct call *call, void *state, struct error *err);
    void (*free)(struct call *call, void *state); /* always called, once and last: drops unfinished work */
};

struct route {
    unsigned methods; /* of enum http_method */
    /* "/{organization}/{registry}/files/{filename}": a literal matches itself, {name} one segment, {name*} one or more
     * (greedy, at most one per pattern). {organization} and {registry} are resolved before the handler is called. */
    const char *pattern;
    enum auth_action action;
    lreg_status (*handle)(struct call *call, struct error *err);
    unsigned flags; /* ROUTE_… */
    /* What a request may hold: names separated by spaces; a '*' after a name lets it occur several times. NULL:
     * nothing. "*" alone: anything, because it has no meaning there or the handler checks it. An undeclared name is
     * refused; see "What a request may hold" below. */
    const char *query; /* parameters of the target */
    const char *body; /* members of a JSON object, fields of a form */
};

/* The route continues an upload session. A token that has expired since is let through without a decision (the
 * principal's expires_ms is then in the past), and the handler lets core_upload_find() check that
 * the token began this upload. */
#define ROUTE_RESUMES 0x1u
/* The answer is made of many rows, or written to the audit log: a GET or HEAD is left to another thread if the host has
 * one. */
#define ROUTE_LISTS 0x4u
/* Credentials may be a bearer, whose grants are for "{organization}/{registry}/{image}". Without an {image} in the
 * pattern, any bearer is accepted. Routes without this flag refuse bearers. */
#define ROUTE_TAKES_BEARER 0x2u

struct surface {
    const char *name;
    const struct route *routes;
    size_t route_count;
    /* Makes the response for a failure: status (error_http_status()), headers and body. LREG_UNAUTHENTICATED requires a
     * WWW-Authenticate. The message is fit for clients: details of internal failures are already removed. `call->route`
     * is NULL when no route was found. */
    lreg_status (*show_error)(struct call *call, const struct error *failure, struct error *err);
    const char *harmless_query; /* parameters that every request may carry and that mean nothing; NULL: none */
    /* The only ecosystem whose registries this surface serves; others do not exist for it. NULL: serves all. */
    const char *ecosystem;
};

#define CALL_PARAMETERS_MAX 6

enum body_kind {
    BODY_NONE,
    BODY_BYTES,
    BODY_OBJECT
};

/* Content-Length is not among the headers (see `length`), nor are Date, Connection and Transfer-Encoding, which the
 * host writes. The dispatcher adds X-Request-Id and X-Content-Type-Options to every response. */
struct response {
    int status; /* 0: not made yet */
    struct headers headers;
    enum body_kind body;
    const void *bytes;
    uint64_t length; /* of the body that is sent; for HEAD what GET would send */
    uint64_t object_offset;
    struct storage_object *object; /* owned by the call */
    struct core_shared *keep; /* retained while `bytes` are borrowed from it; owned by the call */
    const char *file_path; /* of a file that is the whole body, for a host that sends files; NULL: none */
};

struct call {
    struct core *core;
    const struct hooks *hooks;
    struct arena *arena; /* for this request */

    unsigned method; /* one of enum http_method */
    struct url url; /* below the mount */
    struct headers headers;
    const char *mount; /* prefix at which the host serves the library, "" or "/prefix" */
    const char *base_url; /* "https://host/prefix" for absolute URLs in bodies; never NULL */
    const char *remote_address; /* "" when unknown */
    bool has_body;
    bool has_length;
    uint64_t body_length; /* when has_length */
    bool may_defer; /* see call_defers() */
    bool is_deferred;
    bool has_more; /* see struct sink */
    bool sends_files; /* the host sends whole files by path, and their ranges itself */

    const struct surface *surface;
    const struct route *route;
    const char *parameters[CALL_PARAMETERS_MAX]; /* values of the pattern's names, in order */
    struct auth_principal principal;
    const struct auth_bearer *bearer; /* NULL: the credentials are not a bearer */
    struct core_actor actor; /* principal and remote_address */
    const struct core_organization *organization; /* borrowed; NULL when the route has none */
    const struct core_registry *registry; /* likewise */

    const struct sink *sink;
    void *sink_state;
    struct response response;
};

/* Value of a pattern's {name}; "" when the pattern has none. */
const char *call_parameter(const struct call *call, const char *name);

/* A handler of GET asks this before it waits for a disk, a lock or a long calculation. True when the host wants that
 * done in another thread: the handler then returns LREG_OK at once, without an answer, and is called again later. */
bool call_defers(struct call *call);

/* --- Answers. Each sets response.status and the body; only one may succeed per call. After a failure the dispatcher
 * drops the response, including its headers, and shows the failure. --- */

lreg_status call_respond(struct call *call, int status, struct error *err); /* without a body */

/* `bytes` live in the call's arena or longer; `keep` (may be NULL) is retained while they are sent. */
lreg_status call_respond_bytes(struct call *call, int status, const char *media_type, const void *bytes, size_t length,
                               struct core_shared *keep, struct error *err);
lreg_status call_respond_text(struct call *call, int status, const char *media_type, const char *text,
                              struct error *err);
/* Renders `value` (borrowed) as "application/json; charset=utf-8". */
lreg_status call_respond_json(struct call *call, int status, const json_t *value, struct error *err);

/* Drops the response: status, headers, body, and what is retained for it. */
void call_response_clear(struct call *call);

/* A representation with validators: answers 200, 206, 304, 412 or 416 by the request's conditions and Range. 412 and
 * 416 have the shape of the surface's errors. */
struct representation {
    const char *media_type;
    const char *etag; /* with quotes; NULL: none */
    int64_t modified_ms; /* below 0: none */
    const char *cache_control; /* NULL: none */
    const char *filename; /* for Content-Disposition; NULL: none */
    uint64_t length;
    /* one of the two: */
    const void *bytes; /* see call_respond_bytes */
    struct core_shared *keep;
    struct storage_object *object; /* taken, also on failure */
};
lreg_status call_respond_representation(struct call *call, const struct representation *what, struct error *err);

/* Cache-Control for content of the call's registry. `is_fixed`: the content at this address never changes. A client of
 * a private registry may then keep it for as long as it likes. A shared cache does not ask whether the registry is
 * still public, so public content is fresh for CALL_SHARED_CACHE_SECONDS only: for that long a shared cache may serve
 * it after the registry became private or the content was deleted. All other content is revalidated each time. */
#define CALL_SHARED_CACHE_SECONDS 300
const char *call_cache_control(const struct call *call, bool is_fixed);

/* Content of a registry, as an ecosystem serves it. The texts are copied. */
struct served {
    const char *media_type;
    const char *version; /* names these bytes, as their digest does: the ETag without its quotes */
    const char *filename; /* to save it under (Content-Disposition); NULL: none */
    int64_t modified_ms; /* below 0: none */
    bool is_fixed; /* see call_cache_control() */
    const struct core_package *package; /* that a download is counted for; NULL: none */
    uint64_t length;
    /* one of the two, as in struct representation: */
    const void *bytes;
    struct core_shared *keep;
    struct storage_object *object; /* taken, also on failure */
};

/* Serves content: call_respond_representation() with Cache-Control of the registry. Counts the download in memory; in a
 * thread that may block, also writes the counts gathered so far. */
lreg_status call_serve(struct call *call, const struct served *what, struct error *err);
/* Serves the blob of a package. Of `how`, the ecosystem sets media_type, filename and is_fixed; the rest follows from
 * the package. */
lreg_status call_serve_package(struct call *call, const struct core_package *package, const struct served *how,
                               struct error *err);

/* Adds a field to the response, before or after the response is made. LREG_INTERNAL for a field that is not the
 * handler's (see struct response). */
lreg_status call_header(struct call *call, const char *name, const char *value, struct error *err);
lreg_status call_header_format(struct call *call, struct error *err, const char *name, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Adds a WWW-Authenticate with a Basic challenge. */
lreg_status call_challenge_basic(struct call *call, struct error *err);

/* For a surface's show_error. JSON is {"message": …, "code": …}; "code" is left out when there is none. Text has a
 * Basic challenge when credentials are missing, and is replaced by JSON when the request prefers it (Accept). */
lreg_status call_show_json_error(struct call *call, const struct error *failure, struct error *err);
lreg_status call_show_text_error(struct call *call, const struct error *failure, struct error *err);
/* A page of HTML when the request prefers that to text; otherwise as call_show_text_error(). */
lreg_status call_show_page_error(struct call *call, const struct error *failure, struct error *err);

/* Collects the body, up to `max_bytes`, and then calls `then` with it, NUL-terminated and borrowed for that call.
 * Without a body, calls `then` with "" at once. LREG_TOO_LARGE for a larger body, at
 * once when Content-Length says so. */
typedef lreg_status (*call_body_complete)(struct call *call, void *user, const char *bytes, size_t length,
                                          struct error *err);
lreg_status call_read_body(struct call *call, size_t max_bytes, call_body_complete then, void *user, struct error *err);

/* --- What a request may hold: anything that its route does not declare is refused. The dispatcher calls the first two
 * checks before the handler. --- */

/* LREG_BAD_ARGUMENT ("unknown_parameter", "repeated_parameter"). */
lreg_status call_check_query(const struct call *call, struct error *err);
/* LREG_BAD_ARGUMENT ("unexpected_body") when there is a body and the route declares none. The body of a GET is ignored.
 * For a body of unknown length, sets a sink, which calls the handler at the end of an empty body. */
lreg_status call_check_body(struct call *call, struct error *err);
/* Checks a JSON body. A member of `shown` (what we show for the thing to be changed; NULL: nothing) is also accepted
 * when it is unchanged, so that clients can send back what they received. LREG_UNPROCESSABLE ("unknown_member",
 * "member_read_only"). */
lreg_status call_check_members(const struct call *call, const json_t *object, const json_t *shown, struct error *err);
/* Checks a field of a form. LREG_UNPROCESSABLE ("unknown_field"). */
lreg_status call_check_field(const struct call *call, const char *name, struct error *err);

/* An absolute URL for a path below the mount ("/org/registry/…", already encoded); NULL when out of memory. */
const char *call_url(struct call *call, const char *path);

#endif
