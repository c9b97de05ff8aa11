package dev.crossdev.video.app;

import dev.crossdev.grpc.status.Statuses;
import dev.crossdev.proto.objects.v1.SharedObjectsGrpc.SharedObjectsStub;
import dev.crossdev.video.device.ImportedObject;
import dev.crossdev.video.device.ObjectImporter;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.opentelemetry.context.propagation.TextMapSetter;
import jakarta.inject.Singleton;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;

/**
 * A span for each import that belongs to a trace, inside of its command's, and its context in the headers of the call to the
 * exporting service. With tracing off nothing of it is there.
 */
@Singleton
final class ImportSpans {

    private static final TextMapSetter<Metadata> HEADERS = (headers, key, value) -> {
        if (headers != null) {
            headers.put(Metadata.Key.of(key, Metadata.ASCII_STRING_MARSHALLER), value);
        }
    };

    private final boolean off;
    private final Tracer tracer;
    private final TextMapPropagator propagator;

    ImportSpans(OpenTelemetry telemetry, @ConfigProperty(name = "quarkus.otel.sdk.disabled") boolean off) {
        this.off = off;
        this.tracer = telemetry.getTracer("dev.crossdev");
        this.propagator = telemetry.getPropagators().getTextMapPropagator();
    }

    /** The importer whose imports have spans. */
    ObjectImporter around(ObjectImporter importer) {
        return off ? importer : new Spanned(importer);
    }

    /** The stub whose calls carry the calling thread's context. */
    SharedObjectsStub inCallersTrace(SharedObjectsStub stub) {
        if (off) {
            return stub;
        }
        Metadata headers = new Metadata();
        propagator.inject(Context.current(), headers, HEADERS);
        return stub.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    /** What comes next, on whatever thread, in the calling thread's context. */
    <T, R> Function<T, R> kept(Function<T, R> next) {
        return off ? next : Context.current().wrapFunction(next);
    }

    private CompletionStage<ImportedObject> attach(
            ObjectImporter importer, Context command, String guest, UUID uuid, String device) {
        if (!Span.fromContext(command).getSpanContext().isValid()) {
            return importer.attach(guest, uuid, device);
        }
        Span span = tracer.spanBuilder("import")
                .setParent(command)
                .setSpanKind(SpanKind.CLIENT)
                .setAttribute("virtio.uuid", uuid.toString())
                .startSpan();
        try (Scope _ = command.with(span).makeCurrent()) {
            return importer.attach(guest, uuid, device).whenComplete((object, failure) -> end(span, object, failure));
        } catch (RuntimeException e) {
            end(span, null, e);
            throw e;
        }
    }

    private static void end(Span span, @Nullable ImportedObject object, @Nullable Throwable failure) {
        if (object != null) {
            span.setAttribute("virtio.path", object.path());
        }
        if (failure != null) {
            span.setStatus(
                    StatusCode.ERROR, String.valueOf(Statuses.toErrno(failure).getMessage()));
        }
        span.end();
    }

    private final class Spanned implements ObjectImporter {
        private final ObjectImporter importer;

        Spanned(ObjectImporter importer) {
            this.importer = importer;
        }

        @Override
        public ObjectImporter forCaller() {
            ObjectImporter bound = importer.forCaller();
            Context command = Context.current();
            return (guest, uuid, device) -> ImportSpans.this.attach(bound, command, guest, uuid, device);
        }

        @Override
        public CompletionStage<ImportedObject> attach(String guest, UUID uuid, String device) {
            return ImportSpans.this.attach(importer, Context.current(), guest, uuid, device);
        }
    }
}
