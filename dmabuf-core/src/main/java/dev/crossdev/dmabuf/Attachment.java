package dev.crossdev.dmabuf;

import dev.crossdev.dmabuf.bufinfo.AttachmentInfo;
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
    private int pins;
    private boolean detached;

    /**
     * What a device had when it was detached.
     *
     * @param mappings that were out
     * @param pins that were not undone, those of the mappings included
     */
    record Leftover(List<MemorySegment> mappings, int pins) {}

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

    /** Whether the device is told when the buffer moves. */
    public boolean dynamic() {
        return importer instanceof DynamicImporter;
    }

    public Instant since() {
        return since;
    }

    /** How many mappings are out. */
    public synchronized int mapped() {
        return mappings.size();
    }

    /** How many pins keep the buffer where it is, those of a static device's mappings included. */
    public synchronized int pinned() {
        return pins;
    }

    /** As a listing shows it. */
    synchronized AttachmentInfo info() {
        return new AttachmentInfo(importer.importerName(), since, dynamic(), mappings.size(), pins);
    }

    /** Notes a pin; false when the device was detached meanwhile. */
    synchronized boolean addPin() {
        if (!detached) {
            pins++;
        }
        return !detached;
    }

    /** Forgets a pin; false when there is none. */
    synchronized boolean removePin() {
        if (pins == 0) {
            return false;
        }
        pins--;
        return true;
    }

    /** Notes a mapping; false when the device was detached meanwhile. */
    synchronized boolean addMapping(MemorySegment mapping) {
        return !detached && mappings.add(mapping);
    }

    /** Forgets one mapping; false when there is none like it. */
    synchronized boolean removeMapping(MemorySegment mapping) {
        return mappings.remove(mapping);
    }

    /** Ends it and gives what is left. */
    synchronized Leftover end() {
        Leftover left = new Leftover(List.copyOf(mappings), pins);
        detached = true;
        mappings.clear();
        pins = 0;
        return left;
    }

    synchronized boolean detached() {
        return detached;
    }
}
