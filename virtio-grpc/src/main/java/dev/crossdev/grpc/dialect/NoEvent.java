package dev.crossdev.grpc.dialect;

/** The event type of a device whose protocol has no events: there is no value of it. */
public enum NoEvent {}
