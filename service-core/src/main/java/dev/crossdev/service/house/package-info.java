/**
 * The house of device instances: who opens one, who owns it, how long it lives, which epoch it is in, how it ends. Plain
 * Java; no gRPC and no protobuf: the doors translate.
 */
@NullMarked
package dev.crossdev.service.house;

import org.jspecify.annotations.NullMarked;
