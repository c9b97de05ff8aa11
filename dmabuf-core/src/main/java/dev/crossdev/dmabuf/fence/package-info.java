/**
 * Fences that two processes see without a message between them: who writes a buffer now, who reads it, and until when at
 * the latest. What must not live here: which buffer a slot belongs to, and what to do when a fence ends in an error.
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.dmabuf.fence;
