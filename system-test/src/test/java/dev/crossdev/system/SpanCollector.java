package dev.crossdev.system;

import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.collector.trace.v1.TraceServiceGrpc.TraceServiceImplBase;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** An OTLP collector that keeps what it is sent. */
public final class SpanCollector extends TraceServiceImplBase implements AutoCloseable {

    private final List<Collected> spans = new CopyOnWriteArrayList<>();
    private final Server server;

    /** Listens; port 0 takes a free one. */
    public SpanCollector(String address, int port) throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(address, port))
                .addService(this)
                .build()
                .start();
    }

    /**
     * A span as it came.
     *
     * @param service the resource's {@code service.name}
     */
    public record Collected(String service, Span span) {

        public String name() {
            return span.getName();
        }

        /** The attribute as text; empty when it is not there. */
        public String attribute(String key) {
            return text(span.getAttributesList(), key);
        }
    }

    @Override
    public void export(ExportTraceServiceRequest request, StreamObserver<ExportTraceServiceResponse> responses) {
        request.getResourceSpansList().forEach(resource -> {
            String service = text(resource.getResource().getAttributesList(), "service.name");
            resource.getScopeSpansList().stream()
                    .flatMap(scope -> scope.getSpansList().stream())
                    .forEach(span -> spans.add(new Collected(service, span)));
        });
        responses.onNext(ExportTraceServiceResponse.getDefaultInstance());
        responses.onCompleted();
    }

    /** Everything until now. */
    public List<Collected> spans() {
        return List.copyOf(spans);
    }

    public int port() {
        return server.getPort();
    }

    private static String text(List<KeyValue> attributes, String key) {
        return attributes.stream()
                .filter(attribute -> attribute.getKey().equals(key))
                .map(KeyValue::getValue)
                .map(SpanCollector::text)
                .findFirst()
                .orElse("");
    }

    private static String text(AnyValue value) {
        return value.hasIntValue() ? Long.toString(value.getIntValue()) : value.getStringValue();
    }

    @Override
    public void close() {
        server.shutdownNow();
    }
}
