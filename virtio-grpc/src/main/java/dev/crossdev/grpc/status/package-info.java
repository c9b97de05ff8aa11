/**
 * Errnos as gRPC statuses and back. Knows which errno is which status and nothing of what a call was for.
 */
@NullMarked
package dev.crossdev.grpc.status;

import org.jspecify.annotations.NullMarked;
