/**
 * The guest's video driver: decoder streams, input buffers in guest pages, output buffers imported by UUID.
 *
 * <p>It knows dma-bufs and not who exported them: that a buffer has a UUID it finds out by the upcast, and how to get it
 * is for whoever wires the drivers together to say.
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.guest.video;
