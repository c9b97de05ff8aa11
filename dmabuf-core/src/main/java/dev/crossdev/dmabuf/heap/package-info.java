/**
 * Plain dma-bufs out of shared memory, as Linux's system heap gives them (drivers/dma-buf/heaps/system_heap.c): buffers
 * that are not virtio and have no UUID. What must not live here: devices.
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.dmabuf.heap;
