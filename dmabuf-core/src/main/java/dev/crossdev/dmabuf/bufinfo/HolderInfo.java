package dev.crossdev.dmabuf.bufinfo;

import java.time.Instant;

/**
 * What one importer holds of the buffers in a listing.
 *
 * @param holder its name; importers of one name are one holder
 * @param buffers on how many it is
 * @param bytes of those buffers, each counted once
 * @param attachments how often it attached; more than {@code buffers} where it attached to one twice
 * @param mappings how many mappings it has
 * @param pins how many pins
 * @param oldest when the oldest of its attachments began
 */
public record HolderInfo(
        String holder, int buffers, long bytes, int attachments, int mappings, int pins, Instant oldest) {}
