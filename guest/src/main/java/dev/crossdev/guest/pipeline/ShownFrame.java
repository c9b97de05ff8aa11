package dev.crossdev.guest.pipeline;

/**
 * A frame that is on the scanout.
 *
 * @param guest the tenant
 * @param device the gpu device's name within it
 * @param scanout which scanout of that device
 * @param number of the frame in display order, from 0
 * @param timestampMicros that its access unit carried
 * @param width pixels
 * @param height pixels
 */
public record ShownFrame(
        String guest, String device, int scanout, int number, long timestampMicros, int width, int height) {}
