/**
 * The messages of the contracts as the records of virtio-core, and back. Whatever a peer sends has a typed outcome here;
 * nothing here waits, keeps a connection or decides what a command does.
 */
@NullMarked
package dev.crossdev.grpc.dialect;

import org.jspecify.annotations.NullMarked;
