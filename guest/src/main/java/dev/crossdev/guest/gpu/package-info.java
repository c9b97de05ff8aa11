/**
 * The guest's gpu driver: buffers, their export as dma-bufs, their registration, the scanout.
 *
 * <p>It does not know who imports a buffer. When to register and where to wait it asks the strategy.
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.guest.gpu;
