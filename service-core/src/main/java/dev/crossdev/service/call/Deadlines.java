package dev.crossdev.service.call;

import dev.crossdev.grpc.server.DeadlineInterceptor;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.quarkus.grpc.GlobalInterceptor;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.spi.Prioritized;
import java.util.concurrent.ScheduledThreadPoolExecutor;

/** Gives every call of the service the deadline that its caller set, which the unified server leaves in the headers. */
@GlobalInterceptor
@ApplicationScoped
public class Deadlines implements ServerInterceptor, Prioritized {

    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("deadlines").factory());
    private final DeadlineInterceptor interceptor = new DeadlineInterceptor(timer);

    Deadlines() {
        // Most calls end before their deadline.
        timer.setRemoveOnCancelPolicy(true);
    }

    @PreDestroy
    void close() {
        timer.shutdownNow();
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        return interceptor.interceptCall(call, headers, next);
    }

    @Override
    public int getPriority() {
        return Integer.MAX_VALUE - 1;
    }
}
