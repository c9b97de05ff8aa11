package dev.crossdev.cli.otlp;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.ClientInterceptors;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.common.export.Compressor;
import io.opentelemetry.sdk.common.export.GrpcResponse;
import io.opentelemetry.sdk.common.export.GrpcSender;
import io.opentelemetry.sdk.common.export.GrpcSenderConfig;
import io.opentelemetry.sdk.common.export.GrpcStatusCode;
import io.opentelemetry.sdk.common.export.MessageWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.function.Consumer;

/** Sends exported spans over a channel of its own. Retries are the channel's business, lost spans nobody's. */
final class ChannelSender implements GrpcSender {

    private static final Duration NO_TIMEOUT = Duration.ofDays(1);

    private final ManagedChannel channel;
    private final MethodDescriptor<byte[], byte[]> method;
    private final GrpcSenderConfig config;

    ChannelSender(GrpcSenderConfig config) {
        this.config = config;
        URI endpoint = config.getEndpoint();
        channel = Grpc.newChannelBuilder(endpoint.getAuthority(), credentials(endpoint))
                .build();
        method = MethodDescriptor.newBuilder(Bytes.INSTANCE, Bytes.INSTANCE)
                .setType(MethodType.UNARY)
                .setFullMethodName(config.getFullMethodName())
                .build();
    }

    private static ChannelCredentials credentials(URI endpoint) {
        return "https".equals(endpoint.getScheme())
                ? TlsChannelCredentials.create()
                : InsecureChannelCredentials.create();
    }

    @Override
    public void send(MessageWriter message, Consumer<GrpcResponse> onResponse, Consumer<Throwable> onError) {
        byte[] bytes;
        try {
            bytes = bytes(message);
        } catch (IOException e) {
            onError.accept(e);
            return;
        }
        ClientCalls.asyncUnaryCall(withHeaders().newCall(method, options()), bytes, new StreamObserver<>() {
            private byte[] answer = {};

            @Override
            public void onNext(byte[] value) {
                answer = value;
            }

            @Override
            public void onError(Throwable failure) {
                Status status = Status.fromThrowable(failure);
                onResponse.accept(response(status, answer));
            }

            @Override
            public void onCompleted() {
                onResponse.accept(response(Status.OK, answer));
            }
        });
    }

    private static byte[] bytes(MessageWriter message) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(Math.max(32, message.getContentLength()));
        message.writeMessage(bytes);
        return bytes.toByteArray();
    }

    private Channel withHeaders() {
        Metadata headers = new Metadata();
        config.getHeadersSupplier()
                .get()
                .forEach((name, values) -> values.forEach(
                        value -> headers.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value)));
        return ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    private CallOptions options() {
        Duration timeout = config.getTimeout().isPositive() ? config.getTimeout() : NO_TIMEOUT;
        CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(timeout);
        Compressor compressor = config.getCompressor();
        return compressor == null ? options : options.withCompression(compressor.getEncoding());
    }

    private static GrpcResponse response(Status status, byte[] answer) {
        return new GrpcResponse() {
            @Override
            public GrpcStatusCode getStatusCode() {
                return GrpcStatusCode.fromValue(status.getCode().value());
            }

            @Override
            public String getStatusDescription() {
                return String.valueOf(status.getDescription());
            }

            @Override
            public byte[] getResponseMessage() {
                return answer;
            }
        };
    }

    @Override
    public CompletableResultCode shutdown() {
        channel.shutdownNow();
        return CompletableResultCode.ofSuccess();
    }

    /** The exporter has encoded its messages already. */
    private enum Bytes implements MethodDescriptor.Marshaller<byte[]> {
        INSTANCE;

        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
