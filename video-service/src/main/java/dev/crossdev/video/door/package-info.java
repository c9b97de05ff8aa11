/**
 * Binds the video device to its gRPC contract: which dialect leads to it and what a house has to know of it. No Quarkus,
 * so that all of it can be put together in a test.
 */
@NullMarked
package dev.crossdev.video.door;

import org.jspecify.annotations.NullMarked;
