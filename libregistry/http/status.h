/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTP_STATUS_H
#define HTTP_STATUS_H

/* The reason phrase of a status (RFC 9110 section 15), for hosts whose protocol has one; "Unknown" for a status
 * that the library does not use. */
const char *status_reason(int status);

#endif
