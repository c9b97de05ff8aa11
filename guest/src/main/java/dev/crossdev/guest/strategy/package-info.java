/**
 * Where a guest registers its buffers and where it waits for the answer.
 *
 * <p>The strategies know neither device nor stream: they are asked at three points of a buffer's life and act on what
 * they are given. Nothing else in the guest may ask which strategy is in force.
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.guest.strategy;
