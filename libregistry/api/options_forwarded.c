/* SPDX-License-Identifier: Apache-2.0 */

/* Options about proxies in front of the host: which fields count, and which proxies are trusted. */

#include "api/options_internal.h"

#include "base/text.h"

#define HOPS_MAX 16

lreg_status lreg_options_set_forwarded_header(lreg_options *options, int32_t header, lreg_error **err) {
    if (options == NULL) {
        return api_null(NULL, "options", err);
    }
    if (header != LREG_FORWARDED_HEADER_X_FORWARDED && header != LREG_FORWARDED_HEADER_FORWARDED) {
        return api_refuse(&options->own, "there is no such family of forwarded fields", err);
    }
    options->forwarded.header = header;
    return LREG_OK;
}

lreg_status lreg_options_set_forwarded_hops(lreg_options *options, int32_t hops, lreg_error **err) {
    if (options == NULL) {
        return api_null(NULL, "options", err);
    }
    if (hops < 1 || hops > HOPS_MAX) {
        return api_refuse(&options->own, "the number of proxies is from 1 to 16", err);
    }
    options->forwarded.hops = (size_t)hops;
    return LREG_OK;
}

lreg_status lreg_options_trust_forwarded(lreg_options *options, const char *network, lreg_error **err) {
    if (options == NULL) {
        return api_null(NULL, "options", err);
    }
    struct forwarded_rules *rules = &options->forwarded;
    if (network == NULL) {
        rules->network_count = 0;
        return LREG_OK;
    }
    if (rules->network_count == FORWARDED_NETWORKS_MAX) {
        return api_refuse(&options->own, "there are more than 32 networks of trusted proxies", err);
    }
    if (!network_parse(slice_of(network), &rules->networks[rules->network_count])) {
        return api_refuse(&options->own, "a network is an IPv4 or IPv6 address, or ADDRESS/BITS", err);
    }
    rules->network_count++;
    return LREG_OK;
}
