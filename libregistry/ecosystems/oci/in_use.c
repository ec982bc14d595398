/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The manifests of the repository that name a blob or a manifest. While there is one, a DELETE is refused, because it
 * would leave an image that cannot be pulled. A subject does not count: a referrer is complete without it (OCI
 * distribution 1.1, "Pushing Manifests with Subject").
 */

#include "ecosystems/oci/oci_internal.h"

#define TAGS_SHOWN 4 /* of one manifest */

/* Reads tags of the manifest, by which people can find it. */
static lreg_status read_tags(struct meta_transaction *transaction, const char *registry_id, const char *image,
                             struct oci_user *user, struct arena *arena, struct error *err) {
    const struct meta_package_query query = {
        .registry_id = registry_id,
        .order = META_BY_TIME,
        .name = image,
        .document = user->digest,
        .limit = TAGS_SHOWN,
        .is_brief = true,
    };
    struct meta_package *rows = NULL;
    size_t count = 0;
    lreg_status status = meta_package_list(transaction, &query, arena, &rows, &count, err);
    user->tags = json_array();
    for (size_t i = 0; status == LREG_OK && i < count; i++) {
        if (json_array_append_new(user->tags, json_string(rows[i].version)) != 0) {
            status = error_no_memory(err);
        }
    }
    return status;
}

lreg_status oci_users_find(struct meta_transaction *transaction, const char *registry_id, const char *image,
                           const char *digest, struct arena *arena, struct oci_users *out, struct error *err) {
    const char **names = NULL;
    size_t count = 0;
    *out = (struct oci_users){.count = 0};
    lreg_status status = meta_document_list_naming(transaction, registry_id, image, digest, OCI_USERS_SHOWN + 1, arena,
                                                   &names, &count, err);
    out->are_more = count > OCI_USERS_SHOWN;
    for (size_t i = 0; status == LREG_OK && i < count && i < OCI_USERS_SHOWN; i++) {
        struct oci_user *user = &out->users[out->count++];
        user->digest = names[i];
        status = read_tags(transaction, registry_id, image, user, arena, err);
    }
    return status;
}

void oci_users_free(struct oci_users *users) {
    for (size_t i = 0; i < users->count; i++) {
        json_decref(users->users[i].tags);
    }
    users->count = 0;
}

static json_t *users_list(const struct oci_users *users) {
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < users->count; i++) {
        const struct oci_user *user = &users->users[i];
        if (json_array_append_new(list, json_pack("{s:s, s:O}", "digest", user->digest, "tags", user->tags)) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

static const char *message_of(struct call *call, const char *digest, const struct oci_users *users) {
    const struct oci_user *first = &users->users[0];
    const char *tag = json_string_value(json_array_get(first->tags, 0));
    const char *others = users->count > 1 ? ", and others," : "";
    const char *verb = users->count > 1 ? "need" : "needs";
    return arena_format(call->arena, "%s is in use: the manifest %s%s%s%s%s %s it; delete what needs it first", digest,
                        first->digest, tag != NULL ? " (tag " : "", tag != NULL ? tag : "", tag != NULL ? ")" : "",
                        others, verb);
}

lreg_status oci_respond_in_use(struct call *call, const char *digest, const struct oci_users *users, const char *allow,
                               struct error *err) {
    const char *message = message_of(call, digest, users);
    json_t *detail = json_pack("{s:s, s:s, s:o, s:b}", "reason", "in_use", "digest", digest, "needed_by",
                               users_list(users), "more", users->are_more);
    if (message == NULL || detail == NULL) {
        json_decref(detail);
        return error_no_memory(err);
    }
    lreg_status status = oci_respond_error(call, 405, "DENIED", message, detail, err);
    return status == LREG_OK ? call_header(call, "Allow", allow, err) : status;
}
