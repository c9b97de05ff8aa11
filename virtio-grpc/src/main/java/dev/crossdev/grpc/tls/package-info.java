/**
 * Who is at the other end: the files that a client's TLS is made of, read again when they change, and the names in a
 * certificate. Must not know devices, guests or calls.
 */
@NullMarked
package dev.crossdev.grpc.tls;

import org.jspecify.annotations.NullMarked;
