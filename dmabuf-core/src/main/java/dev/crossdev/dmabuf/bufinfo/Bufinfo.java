package dev.crossdev.dmabuf.bufinfo;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * The buffers of one or more lists at one moment, by buffer and by holder. {@link #toString} is {@link BufinfoText}'s text.
 *
 * @param takenAt when
 * @param buffers oldest first within their list
 */
public record Bufinfo(Instant takenAt, List<BufferInfo> buffers) {

    public Bufinfo {
        buffers = List.copyOf(buffers);
    }

    /**
     * Sums over the buffers.
     *
     * @param buffers how many
     * @param bytes of them
     * @param attachments devices on them
     * @param mappings of those devices
     * @param waiters who wait for a UUID
     * @param fences that have not signalled
     */
    public record Totals(int buffers, long bytes, int attachments, int mappings, int waiters, int fences) {}

    /** Several listings as one. */
    public static Bufinfo of(Instant takenAt, Collection<Bufinfo> parts) {
        return new Bufinfo(
                takenAt, parts.stream().flatMap(part -> part.buffers().stream()).toList());
    }

    /** Those buffers alone that fit. */
    public Bufinfo only(Predicate<? super BufferInfo> fitting) {
        return new Bufinfo(takenAt, buffers.stream().filter(fitting).toList());
    }

    public Totals totals() {
        long bytes = 0;
        int attachments = 0;
        int mappings = 0;
        int waiters = 0;
        int fences = 0;
        for (BufferInfo buffer : buffers) {
            bytes += buffer.size();
            attachments += buffer.attachments().size();
            mappings += buffer.attachments().stream()
                    .mapToInt(AttachmentInfo::mapped)
                    .sum();
            waiters += buffer.waiters();
            fences += buffer.fences().size();
        }
        return new Totals(buffers.size(), bytes, attachments, mappings, waiters, fences);
    }

    /** Who is on the buffers, by name. */
    public List<HolderInfo> holders() {
        Map<String, Tally> tallies = new TreeMap<>();
        for (BufferInfo buffer : buffers) {
            Set<String> here = new HashSet<>();
            for (AttachmentInfo attachment : buffer.attachments()) {
                Tally tally = tallies.computeIfAbsent(attachment.importer(), _ -> new Tally());
                tally.add(attachment);
                if (here.add(attachment.importer())) {
                    tally.buffers++;
                    tally.bytes += buffer.size();
                }
            }
        }
        List<HolderInfo> holders = new ArrayList<>();
        tallies.forEach((name, tally) -> holders.add(tally.of(name)));
        return List.copyOf(holders);
    }

    /** The buffers that this holder is on. */
    public Bufinfo heldBy(String holder) {
        return only(buffer ->
                buffer.attachments().stream().anyMatch(a -> a.importer().equals(holder)));
    }

    /** The holders that are attached more often than they were then: in a leak's slope it is the count that tells. */
    public List<HolderInfo> grownSince(Bufinfo earlier) {
        Map<String, Integer> before = new HashMap<>();
        earlier.holders().forEach(holder -> before.put(holder.holder(), holder.attachments()));
        return holders().stream()
                .filter(holder -> holder.attachments() > before.getOrDefault(holder.holder(), 0))
                .toList();
    }

    @Override
    public String toString() {
        return BufinfoText.of(this);
    }

    private static final class Tally {
        private int buffers;
        private long bytes;
        private int attachments;
        private int mappings;
        private int pins;
        private Instant oldest = Instant.MAX;

        void add(AttachmentInfo attachment) {
            attachments++;
            mappings += attachment.mapped();
            pins += attachment.pinned();
            oldest = attachment.since().isBefore(oldest) ? attachment.since() : oldest;
        }

        HolderInfo of(String name) {
            return new HolderInfo(name, buffers, bytes, attachments, mappings, pins, oldest);
        }
    }
}
