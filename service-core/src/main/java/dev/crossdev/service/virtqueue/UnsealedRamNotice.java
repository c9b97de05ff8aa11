package dev.crossdev.service.virtqueue;

import dev.crossdev.dmabuf.memory.ReceivedMemory;
import dev.crossdev.dmabuf.memory.UnsealedMemory;
import dev.crossdev.service.house.DeviceKey;
import org.jboss.logging.Logger;

/** Says, once for each machine, what it misses whose RAM cannot be sealed. For use by one thread. */
public final class UnsealedRamNotice {

    private static final Logger LOG = Logger.getLogger(UnsealedRamNotice.class);

    private final DeviceKey key;
    private boolean said;

    public UnsealedRamNotice(DeviceKey key) {
        this.key = key;
    }

    /** Looks at what a machine has for RAM. */
    public void look(ReceivedMemory memory) {
        if (!said && memory instanceof UnsealedMemory) {
            said = true;
            LOG.warnf(
                    "device %s: its machine's RAM cannot be sealed against shrinking, so it is copied and not mapped, and blobs"
                            + " of it get no UUID; fix: RAM in a memfd that can be sealed (QEMU: memory-backend-memfd,"
                            + "share=on), or without=RESOURCE_BLOB",
                    key);
        }
    }
}
