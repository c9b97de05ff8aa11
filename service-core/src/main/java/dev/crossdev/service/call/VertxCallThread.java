package dev.crossdev.service.call;

import dev.crossdev.grpc.server.CallThread;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.impl.ContextInternal;

/** The event loop of a call's connection, on which Vert.x reads a client's cancel. */
final class VertxCallThread implements CallThread {

    private final ContextInternal context;

    private VertxCallThread(ContextInternal context) {
        this.context = context;
    }

    /** That of the call that begins here. */
    static CallThread ofThisCall() {
        Context current = Vertx.currentContext();
        return current instanceof ContextInternal internal && internal.isEventLoopContext()
                ? new VertxCallThread(internal)
                : CallThread.NONE;
    }

    @Override
    public boolean isCurrent() {
        return context.inThread();
    }

    @Override
    public void execute(Runnable task) {
        context.runOnContext(unused -> task.run());
    }
}
