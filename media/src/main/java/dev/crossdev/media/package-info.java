/**
 * Clips and pictures: demuxing, decoding and colour conversion by FFmpeg, and the digest that says two decodes are the
 * same.
 *
 * <p>Nothing of devices, wires or shared memory lives here: pictures are written into a {@link
 * java.lang.foreign.MemorySegment} that the caller owns. Every object that holds native memory is {@link AutoCloseable}
 * and frees it in {@code close}, never by garbage collection.
 *
 * <p>FFmpeg's natives are unpacked at first use into the folder named by the system property {@code
 * org.bytedeco.javacpp.cachedir} ({@code ~/.javacpp/cache} without it); unpacking takes a file lock, so processes that
 * start together do not disturb each other.
 */
@NullMarked
package dev.crossdev.media;

import org.jspecify.annotations.NullMarked;
