package dev.crossdev.grpc.dialect;

import com.google.protobuf.ByteString;
import dev.crossdev.virtio.memory.MemoryRegion;
import java.util.List;

/** What the addresses in a stream's commands point into, and how it reaches the device. */
public sealed interface StreamMemory {

    /** None: every address is a bad one. */
    record None() implements StreamMemory {}

    /**
     * A sealed memory that was handed over the service's descriptor socket; the regions lie in it one after another.
     *
     * @param token 16 bytes
     */
    record Descriptor(ByteString token, List<MemoryRegion> regions) implements StreamMemory {
        public Descriptor {
            regions = List.copyOf(regions);
        }
    }

    /** The device keeps a copy of its own, and both sides' writes travel on the stream. */
    record Window(List<MemoryRegion> regions) implements StreamMemory {
        public Window {
            regions = List.copyOf(regions);
        }
    }
}
