/**
 * The messages of virtqueues by field and name, for people and for programs that show them, and what differs between an
 * answer and the one that was expected.
 */
@NullMarked
package dev.crossdev.virtio.decode;

import org.jspecify.annotations.NullMarked;
