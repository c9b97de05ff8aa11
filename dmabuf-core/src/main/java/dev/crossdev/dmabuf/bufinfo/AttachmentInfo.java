package dev.crossdev.dmabuf.bufinfo;

import java.time.Instant;

/**
 * One attached device.
 *
 * @param importer its name
 * @param since when it attached
 * @param dynamic whether it is told when the buffer moves
 * @param mapped how many mappings it has
 * @param pinned how many pins keep the buffer where it is for it
 */
public record AttachmentInfo(String importer, Instant since, boolean dynamic, int mapped, int pinned) {}
