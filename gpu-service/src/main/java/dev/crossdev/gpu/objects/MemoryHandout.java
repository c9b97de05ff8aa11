package dev.crossdev.gpu.objects;

import dev.crossdev.dmabuf.memory.DescriptorServer;
import dev.crossdev.dmabuf.memory.MemoryToken;
import dev.crossdev.dmabuf.memory.SharedMemory;

/** How importers on the same machine come by a memory's descriptor: with a token, at a socket. */
public interface MemoryHandout {

    /** From here on the token gets the memory, until it is withdrawn. */
    MemoryToken publish(SharedMemory memory);

    void withdraw(MemoryToken token);

    /** The socket's path; empty when there is none. */
    String socket();

    /** Over the service's descriptor socket. */
    static MemoryHandout of(DescriptorServer server) {
        return new MemoryHandout() {
            @Override
            public MemoryToken publish(SharedMemory memory) {
                return server.publish(memory);
            }

            @Override
            public void withdraw(MemoryToken token) {
                server.withdraw(token);
            }

            @Override
            public String socket() {
                return server.path().toString();
            }
        };
    }

    /** No socket: importers have Read and Write. */
    static MemoryHandout none() {
        return new MemoryHandout() {
            @Override
            public MemoryToken publish(SharedMemory memory) {
                return MemoryToken.random();
            }

            @Override
            public void withdraw(MemoryToken token) {}

            @Override
            public String socket() {
                return "";
            }
        };
    }
}
