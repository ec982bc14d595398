/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_DESCRIPTOR_H
#define BASE_DESCRIPTOR_H

/* Moves a new descriptor above those of standard input, output and error. A host may have closed these, and code that
 * writes to them must not write into a package. Returns the new number, or -1 for -1. When no number is left, closes
 * the descriptor, sets errno and returns -1. */
int descriptor_above_streams(int descriptor);

#endif
