/**
 * What there is to see of buffers at one moment: what the kernel's debugfs shows in {@code dma_buf/bufinfo}, and what a
 * person who hunts a leak or a stuck fence asks besides. Plain data; {@link dev.crossdev.dmabuf.bufinfo.BufinfoText}
 * writes it. What must not live here: buffers.
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.dmabuf.bufinfo;
