package dev.crossdev.gpu.objects;

import java.lang.foreign.MemorySegment;

/**
 * Bytes that take the place of others.
 *
 * @param offset bytes before the first one that is replaced
 * @param bytes the new ones
 */
public record Patch(long offset, MemorySegment bytes) {}
