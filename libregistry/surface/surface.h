/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SURFACE_SURFACE_H
#define SURFACE_SURFACE_H

/*
 * What everything that answers requests is made of: a surface is a table of routes and a way to show errors. The
 * dispatcher finds the route, resolves organisation and registry, decides access by the route's action, and only then
 * calls its handler. A handler answers at once, or sets a sink that takes the body and answers at its end.
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

/* Takes a request body as it arrives. Both end by a response or by a failure, which the dispatcher shows.
 *
 * Long work is done in turns (base/turn.h): `write` and `finish` set call->has_more when their turn is over and what
 * they were given is not worked off. The same one is then called again, `write` without bytes, when others had theirs;
 * nothing else is called before. */
struct sink {
    lreg_status (*write)(struct call *call, void *state, const void *bytes, size_t length, struct error *err);
    lreg_status (*finish)(struct call *call, void *state, struct error *err);
    void (*free)(struct call *call, void *state); /* always called, once, last: drops what is not finished */
};

struct route {
    unsigned methods; /* of enum http_method */
    /* "/{organization}/{registry}/files/{filename}": literal segments, {name} for one, {name*} for one or more
     * (greedy towards the right, at most one per pattern). {organization} and {registry} are resolved before the
     * handler is called. */
    const char *pattern;
    enum auth_action action;
    lreg_status (*handle)(struct call *call, struct error *err);
    unsigned flags; /* ROUTE_… */
    /* What a request may hold: names with blanks between, one that may occur several times with a '*' behind it. NULL:
     * nothing. "*" alone: anything, as it means nothing there or the handler looks at it. What is not declared is
     * refused by name; see "What a request may hold" below. */
    const char *query; /* parameters of the target */
    const char *body; /* members of a JSON object, fields of a form */
};

/* The route goes on with an upload session: a token that has ended since is let through without a decision (the
 * principal's expires_ms is then in the past), and the handler has core_upload_find() judge whether it began this
 * upload. */
#define ROUTE_RESUMES 0x1u
/* The answer is made of many rows: of GET and HEAD it is left to another thread where the host has one. */
#define ROUTE_LISTS 0x4u
/* Credentials may be a bearer of the token endpoint, whose grants are for "{organization}/{registry}/{image}"; without
 * an {image} in the pattern, any bearer does. On other routes bearers are refused. */
#define ROUTE_TAKES_BEARER 0x2u

struct surface {
    const char *name;
    const struct route *routes;
    size_t route_count;
    /* Makes the response for a failure: status (error_http_status()), headers and body. LREG_UNAUTHENTICATED calls
     * for a WWW-Authenticate. The message is fit for clients: details of internal failures were taken out.
     * `call->route` is NULL when no route was found. */
    lreg_status (*show_error)(struct call *call, const struct error *failure, struct error *err);
    const char *harmless_query; /* parameters that may come with each of its requests, and mean nothing; NULL: none */
    /* NULL: serves any registry. Else registries of that ecosystem only; others are as if they did not exist here. */
    const char *ecosystem;
};

#define CALL_PARAMETERS_MAX 6

enum body_kind {
    BODY_NONE,
    BODY_BYTES,
    BODY_OBJECT
};

/* Content-Length is not among the headers (`length` says it), nor are Date, Connection and Transfer-Encoding, which
 * are the host's; X-Request-Id and X-Content-Type-Options are added to every response by the dispatcher. */
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
    const char *mount; /* prefix under which the host has put us, "" or "/prefix" */
    const char *base_url; /* "https://host/prefix" for absolute URLs in bodies; never NULL */
    const char *remote_address; /* "" when unknown */
    bool has_body;
    bool has_length;
    uint64_t body_length; /* when has_length */
    bool may_defer; /* see call_defers() */
    bool is_deferred;
    bool has_more; /* see struct sink */
    bool sends_files; /* the host can have a whole file sent by its path, and ranges of it without us */

    const struct surface *surface;
    const struct route *route;
    const char *parameters[CALL_PARAMETERS_MAX]; /* values of the pattern's names, in order */
    struct auth_principal principal;
    const struct auth_bearer *bearer; /* NULL: the credentials are no bearer */
    struct core_actor actor; /* principal and remote_address */
    const struct core_organization *organization; /* borrowed; NULL when the route has none */
    const struct core_registry *registry; /* likewise */

    const struct sink *sink;
    void *sink_state;
    struct response response;
};

/* Value of a pattern's {name}; "" when the pattern has none. */
const char *call_parameter(const struct call *call, const char *name);

/* Asked by a handler of GET before it waits for a disk, a lock or a long calculation. True when the host wants that
 * done in another thread: the handler then returns LREG_OK at once, without an answer, and is called again later. */
bool call_defers(struct call *call);

/* Counts a download, and writes down those that were gathered where the thread may wait. */
void call_count_download(struct call *call, const char *package_id);

/* --- Answers. Each sets response.status and the body; one of them may succeed per call. After a failure the dispatcher
 * drops what was made, headers too, and shows the failure. --- */

lreg_status call_respond(struct call *call, int status, struct error *err); /* without a body */

/* `bytes` live in the call's arena or longer; `keep` (may be NULL) is retained while they are sent. */
lreg_status call_respond_bytes(struct call *call, int status, const char *media_type, const void *bytes, size_t length,
                               struct core_shared *keep, struct error *err);
lreg_status call_respond_text(struct call *call, int status, const char *media_type, const char *text,
                              struct error *err);
/* Renders and answers "application/json; charset=utf-8"; `value` is borrowed. */
lreg_status call_respond_json(struct call *call, int status, const json_t *value, struct error *err);

/* Drops what was made of a response: status, headers, body, and what is kept for it. */
void call_response_clear(struct call *call);

/* A representation with validators: answers 200, 206, 304, 412 or 416 by the request's conditions and Range. 412
 * and 416 come out in the shape of the surface's errors. */
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

/* Cache-Control of what the call's registry serves. `is_fixed`: the content at this address never changes. A client may
 * then keep it as long as it likes, but a shared cache does not ask us whether the registry is still public, so what is
 * public is fresh for CALL_SHARED_CACHE_SECONDS only: this long a shared cache may go on after the registry became
 * private, or the content was deleted. All else is asked for again each time. */
#define CALL_SHARED_CACHE_SECONDS 300
const char *call_cache_control(const struct call *call, bool is_fixed);

/* Adds a field to the response, before or after it was made. LREG_INTERNAL for a field that is not the handler's
 * (see struct response). */
lreg_status call_header(struct call *call, const char *name, const char *value, struct error *err);
lreg_status call_header_format(struct call *call, struct error *err, const char *name, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Adds "WWW-Authenticate" for a Basic challenge. */
lreg_status call_challenge_basic(struct call *call, struct error *err);

/* Failures, for a surface's show_error. JSON is {"message": …, "code": …}, the code only where there is one. Text has a
 * Basic challenge where credentials are missing, and gives way to JSON where the request prefers it (Accept). */
lreg_status call_show_json_error(struct call *call, const struct error *failure, struct error *err);
lreg_status call_show_text_error(struct call *call, const struct error *failure, struct error *err);

/* Collects the body, up to `max_bytes` (LREG_TOO_LARGE beyond, at once when the head says so), and then calls
 * `then` with it, NUL-terminated and borrowed for that call. Needs a body only when there is one: without, `then`
 * gets "" at once. */
typedef lreg_status (*call_collected)(struct call *call, void *user, const char *bytes, size_t length,
                                      struct error *err);
lreg_status call_collect_body(struct call *call, size_t max_bytes, call_collected then, void *user, struct error *err);

/* --- What a request may hold: what its route does not declare is refused. The dispatcher has the first two checked
 * before the handler is called. --- */

/* LREG_BAD_ARGUMENT ("unknown_parameter", "repeated_parameter"). */
lreg_status call_check_query(const struct call *call, struct error *err);
/* LREG_BAD_ARGUMENT ("unexpected_body") when there is one and the route declares none. That of a GET is passed over. Of
 * one whose length is not known, a sink is set, which calls the handler when it was empty. */
lreg_status call_check_body(struct call *call, struct error *err);
/* Of a JSON body. A member of what we show for the thing that is to change (`shown`, NULL: nothing) may come too when
 * it is unchanged, so that clients can send back what they got. LREG_UNPROCESSABLE ("unknown_member",
 * "member_read_only"). */
lreg_status call_check_members(const struct call *call, const json_t *object, const json_t *shown, struct error *err);
/* Of a form. LREG_UNPROCESSABLE ("unknown_field"). */
lreg_status call_check_field(const struct call *call, const char *name, struct error *err);

/* An absolute URL of a path below the mount ("/org/registry/…", encoded as it must be); NULL when memory is out. */
const char *call_url(struct call *call, const char *path);

#endif
