package dev.crossdev.grpc.server;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A call that writes down what is written to it. */
final class RecordingCall extends ServerCall<String, String> {

    final List<String> written = new CopyOnWriteArrayList<>();

    @Override
    public void request(int count) {}

    @Override
    public void sendHeaders(Metadata headers) {
        written.add("headers");
    }

    @Override
    public void sendMessage(String message) {
        written.add(message);
    }

    @Override
    public void close(Status status, Metadata trailers) {
        written.add("close " + status.getCode());
    }

    @Override
    public boolean isCancelled() {
        return false;
    }

    @Override
    public MethodDescriptor<String, String> getMethodDescriptor() {
        MethodDescriptor.Marshaller<String> text = new MethodDescriptor.Marshaller<>() {
            @Override
            public InputStream stream(String value) {
                return new ByteArrayInputStream(new byte[0]);
            }

            @Override
            public String parse(InputStream stream) {
                return "";
            }
        };
        return MethodDescriptor.newBuilder(text, text)
                .setType(MethodDescriptor.MethodType.BIDI_STREAMING)
                .setFullMethodName("a.B/C")
                .build();
    }
}
