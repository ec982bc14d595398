/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORE_CONTENT_CONTENT_H
#define CORE_CONTENT_CONTENT_H

/* The way of a blob's bytes: in through a writer, which an upload session may continue, and out as an object. */

#include "core/content/objects.h"
#include "core/content/upload.h"
#include "core/content/writer.h"

#endif
