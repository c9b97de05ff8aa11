package dev.crossdev.testing.etcd;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A TCP connection's detour over a port of its own, where it can be cut. */
public final class Wire implements AutoCloseable {
    private final ServerSocket listening;
    private final int target;
    private final Set<Socket> ends = ConcurrentHashMap.newKeySet();
    private volatile boolean cut;

    private Wire(ServerSocket listening, int target) {
        this.listening = listening;
        this.target = target;
    }

    /** @param target port of the loopback address */
    public static Wire to(int target) {
        try {
            Wire wire = new Wire(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), target);
            Thread.ofVirtual().start(wire::accept);
            return wire;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int port() {
        return listening.getLocalPort();
    }

    /** Connections end, and new ones do so at once. */
    public void cut() {
        cut = true;
        ends.forEach(Wire::end);
    }

    public void mend() {
        cut = false;
    }

    @Override
    public void close() {
        cut();
        try {
            listening.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                Socket near = listening.accept();
                if (cut) {
                    end(near);
                    continue;
                }
                Thread.ofVirtual().start(() -> connect(near));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void connect(Socket near) {
        ends.add(near);
        Socket far = new Socket();
        ends.add(far);
        try {
            far.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
            // A detour, not a delay.
            near.setTcpNoDelay(true);
            far.setTcpNoDelay(true);
        } catch (IOException e) {
            end(near);
            return;
        }
        Thread.ofVirtual().start(() -> copy(near, far));
        Thread.ofVirtual().start(() -> copy(far, near));
        if (cut) {
            cut();
        }
    }

    private void copy(Socket from, Socket to) {
        try {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException broken) {
            // As good as its end.
        } finally {
            end(from);
            end(to);
        }
    }

    private static void end(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
