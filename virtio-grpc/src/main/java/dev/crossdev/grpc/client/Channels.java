package dev.crossdev.grpc.client;

import dev.crossdev.grpc.tls.ClientTls;
import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.util.concurrent.TimeUnit;

/**
 * Makes channels to the project's services: the one place that knows which transport is used and how it is set.
 *
 * <p>Callbacks run on the connection's event loop, which is many times faster for pipelined commands than a hop to
 * another thread; code that runs in one must not wait.
 */
public final class Channels {

    /** Bytes of one message; what the services accept too. */
    public static final int MAX_MESSAGE = 4 << 20;

    /** Bytes that may be on their way on one connection. */
    private static final int WINDOW = 4 << 20;

    private static final long KEEP_ALIVE_SECONDS = 10;
    private static final long KEEP_ALIVE_TIMEOUT_SECONDS = 3;

    /** Without encryption, and without a name. */
    public static final Channels PLAIN = new Channels(InsecureChannelCredentials.create());

    private final ChannelCredentials credentials;

    private Channels(ChannelCredentials credentials) {
        this.credentials = credentials;
    }

    /** With mutual TLS. */
    public static Channels with(ClientTls tls) {
        return new Channels(tls.credentials());
    }

    /** As {@link #to} of {@link #PLAIN}. */
    public static ManagedChannel plaintext(String host, int port) {
        return PLAIN.to(host, port);
    }

    /**
     * A channel. It connects with the first call; its owner shuts it down.
     *
     * @param host name or address; with TLS, one that the server's certificate is for
     */
    public ManagedChannel to(String host, int port) {
        return to(host, port, host);
    }

    /**
     * As above, where the address is not what the server's certificate is for: one of several behind a name.
     *
     * @param certified the name, or address, that the server's certificate is for
     */
    public ManagedChannel to(String host, int port, String certified) {
        NettyChannelBuilder builder = NettyChannelBuilder.forAddress(host, port, credentials);
        if (!certified.equals(host)) {
            builder.overrideAuthority((certified.contains(":") ? "[" + certified + "]" : certified) + ":" + port);
        }
        return builder.directExecutor()
                .flowControlWindow(WINDOW)
                .maxInboundMessageSize(MAX_MESSAGE)
                // A peer whose machine is gone says nothing; only asking shows it. While streams are open, that is.
                // Vert.x answers every ping; a plain grpc-java server has to permit them (permitKeepAliveTime), or it
                // ends a quiet connection as a flood.
                .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
                .keepAliveTimeout(KEEP_ALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
                // Streams are pinned to one connection, and a retry would repeat a command.
                .disableRetry()
                .build();
    }
}
