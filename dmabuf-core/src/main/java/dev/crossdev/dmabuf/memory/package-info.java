/**
 * Memory that processes share: sealed memfds, mapped and passed from process to process through
 * {@code java.lang.foreign}, Linux only. What must not live here: what the memory is for.
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.dmabuf.memory;
