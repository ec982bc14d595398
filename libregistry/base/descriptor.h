/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_DESCRIPTOR_H
#define BASE_DESCRIPTOR_H

/* Gives a new descriptor a number above those of standard input, output and error, which are free in a host that has
 * closed them: what others write there out of habit must not end up in a package. -1 stays as it is; -1 and errno when
 * there is no number left, and the descriptor is closed then. */
int descriptor_above_streams(int descriptor);

#endif
