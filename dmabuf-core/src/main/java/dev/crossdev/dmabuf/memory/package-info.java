/**
 * Memory that processes share: sealed memfds, mapped and passed from process to process through
 * {@code java.lang.foreign}, Linux only; scattered pages of it seen as one run ({@link
 * dev.crossdev.dmabuf.memory.LinearMapping}). What must not live here: what the memory is for.
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.dmabuf.memory;
