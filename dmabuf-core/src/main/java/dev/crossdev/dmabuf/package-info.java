/**
 * Shareable buffers with the semantics of Linux's dma-buf, and virtio dma-bufs, which can also be asked for the UUID that
 * the exporting device gave them.
 *
 * <p>What a kernel has and this package has not, because it would mean nothing here:
 * <ul>
 * <li>private data: an exporter's operations are an object and hold their own;
 * <li>"map, unmap or release missing" and "attach is not the shared attach": the type system refuses these at compile
 *     time; operations that are {@code null} all the same are EINVAL;
 * <li>file descriptors of buffers: references to {@link dev.crossdev.dmabuf.DmaBuf} are Java references, memory travels as
 *     {@link dev.crossdev.dmabuf.memory.SharedMemory}; what Linux's {@code dma_buf_get} says of a bad descriptor (EBADF,
 *     EINVAL) belongs to whoever keeps a table of handles;
 * <li>modules: a {@link dev.crossdev.dmabuf.DmaBufList} plays the owner that may be going away (ENOENT).
 * </ul>
 *
 * <p>What must not live here: devices, commands, connections, threads of our own. Callbacks of exporters, importers and
 * waiters run with no lock of this package held.
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.dmabuf;
