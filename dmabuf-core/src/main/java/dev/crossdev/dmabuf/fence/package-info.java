/**
 * Who is at work on a buffer, and until when at the latest.
 *
 * <p>A {@link dev.crossdev.dmabuf.fence.Fence} is work that ends once; a {@link dev.crossdev.dmabuf.fence.Reservation} is all
 * fences of one buffer by class. There are two places for a fence, and every question sees both: in this process's memory
 * ({@link dev.crossdev.dmabuf.fence.Timeline}), and, for buffers that other processes import, in a word of a
 * {@link dev.crossdev.dmabuf.fence.FenceTable} that all of them have mapped, so that no message is needed between them.
 *
 * <p>A fence stands for work that has begun. It has a deadline at which it signals by itself (ETIMEDOUT), and it signals
 * with ENODEV when its holder is gone. What must not live here: which buffer a slot belongs to, and what to do when a
 * fence ends in an error.
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.dmabuf.fence;
