package dev.crossdev.cli.otlp;

import io.opentelemetry.sdk.common.export.GrpcSender;
import io.opentelemetry.sdk.common.export.GrpcSenderConfig;
import io.opentelemetry.sdk.common.export.GrpcSenderProvider;

/** Lets the exporter send through the gRPC that is here anyway; its own sender would bring a second HTTP/2 client. */
public final class ChannelSenderProvider implements GrpcSenderProvider {

    @Override
    public GrpcSender createSender(GrpcSenderConfig config) {
        return new ChannelSender(config);
    }
}
