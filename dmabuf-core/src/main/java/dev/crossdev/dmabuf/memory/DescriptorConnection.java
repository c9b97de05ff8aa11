package dev.crossdev.dmabuf.memory;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.waiting.Deadline;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A server's side of one connection: gathers a message and the descriptors that come with it. Never waits. */
final class DescriptorConnection {
    /** A whole request. The descriptors are the receiver's. */
    record Message(byte[] bytes, List<Integer> descriptors) {}

    private final int socket;
    private final Duration stall;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(DescriptorProtocol.REQUEST_BYTES);
    private final List<Integer> descriptors = new ArrayList<>(1);
    private @Nullable Deadline deadline;
    private boolean open = true;

    DescriptorConnection(int socket, Duration stall) {
        this.socket = socket;
        this.stall = stall;
    }

    int socket() {
        return socket;
    }

    boolean open() {
        return open;
    }

    boolean midMessage() {
        return deadline != null;
    }

    /** Whether a message began and did not end in time. */
    boolean stalled() {
        Deadline due = deadline;
        return due != null && due.passed();
    }

    /** Reads what is there: a whole message, or none yet. An end or an error closes the connection. */
    Optional<Message> read() {
        DescriptorMessages.Received received =
                DescriptorMessages.receive(socket, DescriptorProtocol.REQUEST_BYTES - bytes.size());
        if (received.result() == -Errno.EAGAIN.number() || received.result() == -Errno.EINTR.number()) {
            return Optional.empty();
        }
        descriptors.addAll(received.descriptors());
        if (received.truncated()) {
            // More descriptors than a message has: not a peer of ours.
            reply(new DescriptorProtocol.Reply(Errno.EPROTO.number(), 0), -1);
            close();
            return Optional.empty();
        }
        if (received.result() <= 0) {
            close();
            return Optional.empty();
        }
        if (deadline == null) {
            deadline = Deadline.after(stall);
        }
        bytes.writeBytes(received.bytes());
        if (bytes.size() < DescriptorProtocol.REQUEST_BYTES) {
            return Optional.empty();
        }
        Message message = new Message(bytes.toByteArray(), List.copyOf(descriptors));
        bytes.reset();
        descriptors.clear();
        deadline = null;
        return Optional.of(message);
    }

    /**
     * Sends a reply, and a descriptor unless it is negative. A peer that left so many replies unread that this one does
     * not fit is cut off.
     */
    void reply(DescriptorProtocol.Reply reply, int descriptor) {
        byte[] encoded = DescriptorProtocol.encode(reply);
        if (open && DescriptorMessages.send(socket, encoded, 0, descriptor) != encoded.length) {
            close();
        }
    }

    void close() {
        if (open) {
            open = false;
            descriptors.forEach(Libc::close);
            descriptors.clear();
            Libc.close(socket);
        }
    }
}
