/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of text that Linux shows in debugfs as trace0. */
#ifndef TRACE_H
#define TRACE_H

#define TRACE_SIZE 2048

extern char cm4_log[TRACE_SIZE];

/*
 * One line. Knows %s, %u and %x (which brings its 0x) and nothing else; numbers are uint32_t. Not
 * for handlers, except for last words.
 */
void trace(const char *format, ...);

#endif
