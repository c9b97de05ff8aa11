package dev.crossdev.guest.driver;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.grpc.client.DeviceStream;

/** What both drivers do with their stream. */
public final class Streams {

    private Streams() {}

    /**
     * Waits until the device has ended a stream that was closed. A device that takes too long has lost its connection by
     * then, and an interrupted caller has other sorrows: neither is an error here.
     */
    public static void awaitEnd(DeviceStream<?, ?, ?> stream, Answers answers) {
        try {
            answers.await(stream.closed(), "the end of the stream");
        } catch (ErrnoException e) {
            if (e.errno() != Errno.ETIMEDOUT && e.errno() != Errno.EINTR) {
                throw e;
            }
        }
    }
}
