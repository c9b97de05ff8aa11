package dev.crossdev.dmabuf.memory;

/**
 * Memory that another process gave. Sealed memory is mapped, shared on, and native code may work in it; what its owner can
 * take away is copied in and out, and stays in this process.
 */
public sealed interface ReceivedMemory extends AutoCloseable permits SharedMemory, UnsealedMemory {

    /** Bytes, as they were when it was received. */
    long size();

    boolean isClosed();

    @Override
    void close();
}
