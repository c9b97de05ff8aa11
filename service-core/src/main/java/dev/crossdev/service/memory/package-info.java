/**
 * How a device comes to its guest's memory: a descriptor that was handed over the service's one socket, or a window of its
 * own. Limits on both. Nothing here reads or writes that memory.
 */
@NullMarked
package dev.crossdev.service.memory;

import org.jspecify.annotations.NullMarked;
