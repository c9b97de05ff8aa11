/**
 * How this library waits: against a {@link dev.crossdev.dmabuf.waiting.Deadline}, for a value that comes once in a {@link
 * dev.crossdev.dmabuf.waiting.OneShot}, and where nobody can wake the waiter (the other side is another process) with a
 * {@link dev.crossdev.dmabuf.waiting.Backoff}. What must not live here: knowledge of what is waited for.
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.dmabuf.waiting;
