/**
 * Both ends of a stream between a driver and a device, in plain grpc-java. The packages below hold the parts; nothing
 * lives here itself, and nothing below may know Quarkus, a device's logic or a driver's.
 */
@NullMarked
package dev.crossdev.grpc;

import org.jspecify.annotations.NullMarked;
