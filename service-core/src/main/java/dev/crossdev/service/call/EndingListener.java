package dev.crossdev.service.call;

import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.ServerCall;

/** Says when a call is over, however it ends, before the call's own listener hears of it. */
final class EndingListener<Q> extends SimpleForwardingServerCallListener<Q> {

    private final Runnable over;

    EndingListener(ServerCall.Listener<Q> listener, Runnable over) {
        super(listener);
        this.over = over;
    }

    @Override
    public void onCancel() {
        over.run();
        super.onCancel();
    }

    @Override
    public void onComplete() {
        over.run();
        super.onComplete();
    }
}
