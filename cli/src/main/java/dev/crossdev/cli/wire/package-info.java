/**
 * The wire log on the command line: what a tap says as a capture, and captures as text and JSON. The format itself is
 * virtio-core's, replaying is virtio-grpc's.
 */
@org.jspecify.annotations.NullMarked
package dev.crossdev.cli.wire;
