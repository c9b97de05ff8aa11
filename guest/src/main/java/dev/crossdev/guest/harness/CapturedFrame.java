package dev.crossdev.guest.harness;

import dev.crossdev.guest.pipeline.ShownFrame;

/**
 * What a scanout showed.
 *
 * @param shown which frame the pipeline had put there
 * @param width pixels
 * @param height pixels
 * @param bgra rows, tightly packed, bytes B, G, R, A
 */
public record CapturedFrame(ShownFrame shown, int width, int height, byte[] bgra) {}
