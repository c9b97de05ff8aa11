package dev.crossdev.service.memory;

import dev.crossdev.dmabuf.memory.DescriptorServer;
import dev.crossdev.service.ServiceIdentity;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** Makes the service's one descriptor socket. */
final class MemoryBeans {

    @Produces
    @Singleton
    DescriptorServer descriptors(ServiceIdentity identity) {
        return DescriptorServer.listen(identity.descriptorSocket());
    }

    void close(@Disposes DescriptorServer descriptors) {
        descriptors.close();
    }
}
