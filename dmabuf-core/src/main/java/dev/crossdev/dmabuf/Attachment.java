package dev.crossdev.dmabuf;

import java.lang.foreign.MemorySegment;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** One device on one buffer, from {@link DmaBuf#attach} to {@link DmaBuf#detach}. Holds no reference to the buffer. */
public final class Attachment {
    private final DmaBuf buffer;
    private final Importer importer;
    private final Instant since = Instant.now();
    private final List<MemorySegment> mappings = new ArrayList<>(1);
    private boolean detached;

    Attachment(DmaBuf buffer, Importer importer) {
        this.buffer = buffer;
        this.importer = importer;
    }

    public DmaBuf buffer() {
        return buffer;
    }

    public Importer importer() {
        return importer;
    }

    public Instant since() {
        return since;
    }

    /** How many mappings are out. */
    public synchronized int mapped() {
        return mappings.size();
    }

    /** Notes a mapping; false when the device was detached meanwhile. */
    synchronized boolean addMapping(MemorySegment mapping) {
        return !detached && mappings.add(mapping);
    }

    /** Forgets one mapping; false when there is none like it. */
    synchronized boolean removeMapping(MemorySegment mapping) {
        return mappings.remove(mapping);
    }

    /** Ends it and gives what is still mapped. */
    synchronized List<MemorySegment> end() {
        detached = true;
        List<MemorySegment> left = List.copyOf(mappings);
        mappings.clear();
        return left;
    }

    synchronized boolean detached() {
        return detached;
    }
}
