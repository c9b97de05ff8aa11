package dev.crossdev.grpc.dialect;

/** A dialect that speaks for both sides and keeps nothing: the typed ones. */
public interface StreamDialect<C, R, E, Q, A> extends ServerDialect<C, R, E, Q, A>, ClientDialect<C, R, E, Q, A> {}
