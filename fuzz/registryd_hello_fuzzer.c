/* SPDX-License-Identifier: Apache-2.0 */
/* The first message of a TLS client, whole and in pieces whose size the last byte sets: both yield the same record. */
#include "hello.h"

#include "support/fuzzer.h"

static size_t run(const uint8_t *data, size_t size, uint8_t step, struct hello *hello) {
    size_t done = 0;
    hello->bytes = malloc(HELLO_ROOM);
    expect(hello->bytes != NULL);
    for (size_t wanted = 0; done < size && (wanted = hello_wants(hello)) > 0;) {
        size_t piece = next_piece(&step, size - done);
        piece = piece < wanted ? piece : wanted;
        hello_take(hello, data + done, piece);
        done += piece;
        expect(hello->length <= HELLO_ROOM);
    }
    return done;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct hello whole = {.bytes = NULL};
    struct hello pieces = {.bytes = NULL};
    size_t taken = run(data, size, 0, &whole);
    expect(run(data, size, size > 0 ? data[size - 1] : 0, &pieces) == taken);
    expect(whole.state == pieces.state && whole.length == pieces.length && whole.length <= taken);
    expect(memcmp(whole.bytes, pieces.bytes, whole.length) == 0);
    if (whole.state == HELLO_DONE) {
        expect(whole.length - HELLO_RECORD_HEAD == ((size_t)whole.bytes[3] << 8 | whole.bytes[4]));
    }
    free(whole.bytes);
    free(pieces.bytes);
    return 0;
}
