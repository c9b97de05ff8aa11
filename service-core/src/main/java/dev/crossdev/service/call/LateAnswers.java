package dev.crossdev.service.call;

import dev.crossdev.grpc.server.LateAnswerGuard;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.quarkus.grpc.GlobalInterceptor;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.spi.Prioritized;

/**
 * Puts {@link LateAnswerGuard} around every call of the service. Outermost: Quarkus's own interceptor for blocking methods
 * queues a call's events, the cancel among them, and a guard inside of it would hear of it too late.
 */
@GlobalInterceptor
@ApplicationScoped
public class LateAnswers implements ServerInterceptor, Prioritized {

    private final LateAnswerGuard guard = new LateAnswerGuard(VertxCallThread::ofThisCall);

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        return guard.interceptCall(call, headers, next);
    }

    @Override
    public int getPriority() {
        return Integer.MAX_VALUE;
    }
}
