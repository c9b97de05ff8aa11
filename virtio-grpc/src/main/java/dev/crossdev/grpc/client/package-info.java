/**
 * The driver's end of a device's stream: channels, streams with their pending commands, and what a service says of
 * itself. Must not know what a driver does with its answers.
 */
@NullMarked
package dev.crossdev.grpc.client;

import org.jspecify.annotations.NullMarked;
