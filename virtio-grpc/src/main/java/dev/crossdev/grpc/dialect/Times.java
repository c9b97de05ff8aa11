package dev.crossdev.grpc.dialect;

/**
 * When the device itself took and answered a command; injected transit lies outside.
 *
 * @param receivedNanos CLOCK_MONOTONIC of the device's machine
 * @param answeredNanos CLOCK_MONOTONIC of the device's machine
 * @param bootId whose clock that is
 */
public record Times(long receivedNanos, long answeredNanos, BootId bootId) {}
