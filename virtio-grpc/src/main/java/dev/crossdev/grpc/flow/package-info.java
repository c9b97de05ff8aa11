/**
 * Ordered, bounded traffic on one stream: a writer that any thread may use and the credit that pushes a fast sender back.
 * Must not know what the messages mean, nor which end of the stream it is on.
 */
@NullMarked
package dev.crossdev.grpc.flow;

import org.jspecify.annotations.NullMarked;
