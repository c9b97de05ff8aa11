/**
 * Guest memory: what the addresses in commands point into, and how pieces of it are gathered and scattered. Every access
 * is checked; an address outside is EFAULT and never touches anything else. Knows nothing of commands or pixels.
 */
@NullMarked
package dev.crossdev.virtio.memory;

import org.jspecify.annotations.NullMarked;
