/**
 * Shareable buffers with the semantics of Linux's dma-buf, and virtio dma-bufs, which can also be asked for the UUID that
 * the exporting device gave them.
 *
 * <p>What a kernel has and this package has not, because it would mean nothing here:
 * <ul>
 * <li>private data: an exporter's operations are an object and hold their own;
 * <li>"map, unmap or release missing", "attach is not the shared attach", "pin without unpin": the type system refuses
 *     these at compile time; operations that are {@code null} all the same are EINVAL;
 * <li>modules: a {@link dev.crossdev.dmabuf.DmaBufList} plays the owner that may be going away (ENOENT);
 * <li>scatter lists, DMA directions of a mapping, cache maintenance, peer-to-peer: a mapping is a
 *     {@link java.lang.foreign.MemorySegment} that every device of the machine can reach ({@link
 *     dev.crossdev.dmabuf.fence.Access} is for the CPU's access, which waits for fences);
 * <li>the lock of a reservation, and with it the calls that need it held: callbacks run unlocked (two drivers that import
 *     from each other cannot deadlock), and each buffer guards its own lists;
 * <li>waits that cannot be interrupted, and waits without a deadline: every fence has one;
 * <li>ioctl, llseek and user-space copies (ENOTTY, EFAULT): there is no system call to make; poll, name and the import and
 *     export of fences are methods;
 * <li>pages: a buffer's size is in bytes and a program's mapping ends with its last byte.
 * </ul>
 *
 * <p>Descriptors and handles (EBADF, EINVAL, ENOENT) are in {@code dev.crossdev.dmabuf.prime}; a buffer itself is a Java
 * reference that is counted. What must not live here: devices, commands, connections. Callbacks of exporters, importers and
 * waiters run with no lock held that anybody else could need.
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.dmabuf;
