package dev.crossdev.dmabuf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.dmabuf.bufinfo.AttachmentInfo;
import dev.crossdev.dmabuf.bufinfo.BufferInfo;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.dmabuf.fence.Access;
import dev.crossdev.dmabuf.fence.PollEvent;
import dev.crossdev.dmabuf.fence.Timeline;
import dev.crossdev.dmabuf.fence.TimelineFence;
import dev.crossdev.dmabuf.fence.Usage;
import dev.crossdev.dmabuf.heap.SystemHeap;
import dev.crossdev.dmabuf.memory.SharedMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random sequences of calls, compared after each with a model that a person can check by reading. */
class DmaBufModelTest {
    private static final int CALLS = 6_000;
    private static final int MOST_BUFFERS = 5;
    private static final Duration LONG = Duration.ofMinutes(5);
    private static final Importer STATIC = () -> "static";
    private static final DynamicImporter DYNAMIC = new DynamicImporter() {
        @Override
        public String importerName() {
            return "dynamic";
        }

        @Override
        public void moveNotify(Attachment attachment) {}
    };

    private final ViolationCounter violations = new ViolationCounter();
    private final DmaBufList list = new DmaBufList(violations);
    private final SystemHeap heap = new SystemHeap(list);
    private final List<Model> models = new ArrayList<>();
    private long expectedViolations;

    private static final class ModelAttachment {
        private final Attachment attachment;
        private final List<MemorySegment> mappings = new ArrayList<>();
        private int pins;

        ModelAttachment(Attachment attachment) {
            this.attachment = attachment;
        }

        boolean dynamic() {
            return attachment.importer() == DYNAMIC;
        }

        int pinned() {
            return pins + (dynamic() ? 0 : mappings.size());
        }
    }

    private record ModelFence(Usage usage, TimelineFence fence) {}

    private static final class Model {
        private final DmaBuf buffer;
        private int references = 1;
        private int stamp;
        private Optional<String> name = Optional.empty();
        private final List<ModelAttachment> attachments = new ArrayList<>();
        private final List<CpuMapping> mmaps = new ArrayList<>();
        private final List<MemorySegment> vmaps = new ArrayList<>();
        private final List<ModelFence> fences = new ArrayList<>();

        Model(DmaBuf buffer) {
            this.buffer = buffer;
        }

        boolean busy(Usage usage) {
            return fences.stream().anyMatch(f -> f.usage().ordinal() <= usage.ordinal());
        }

        boolean stays() {
            return !mmaps.isEmpty() || !vmaps.isEmpty() || attachments.stream().anyMatch(a -> a.pinned() > 0);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void randomCallsDoWhatTheModelSays(long seed) {
        long liveBefore = SharedMemory.live();
        Random random = new Random(seed);
        for (int call = 0; call < CALLS; call++) {
            if (models.isEmpty() || models.size() < MOST_BUFFERS && random.nextInt(20) == 0) {
                models.add(new Model(heap.allocate(4096L * (1 + random.nextInt(3)))));
            } else {
                step(models.get(random.nextInt(models.size())), random);
            }
            compare("call " + call + " of seed " + seed);
        }
        while (!models.isEmpty()) {
            Model last = models.getLast();
            while (models.contains(last)) {
                last.mmaps.forEach(CpuMapping::close);
                last.references -= last.mmaps.size();
                last.mmaps.clear();
                put(last);
            }
        }
        compare("the end of seed " + seed);
        assertThat(list.held()).isZero();
        assertThat(heap.live()).isZero();
        assertThat(SharedMemory.live()).isEqualTo(liveBefore);
    }

    private void step(Model model, Random random) {
        switch (random.nextInt(19)) {
            case 0 -> {
                model.buffer.get();
                model.references++;
            }
            case 1 -> put(model);
            case 2, 3 ->
                model.attachments.add(
                        new ModelAttachment(model.buffer.attach(random.nextBoolean() ? DYNAMIC : STATIC)));
            case 4 -> pick(model.attachments, random).ifPresent(a -> detach(model, a));
            case 5, 6 -> pick(model.attachments, random).ifPresent(a -> a.mappings.add(model.buffer.map(a.attachment)));
            case 7, 8 ->
                pick(model.attachments, random)
                        .ifPresent(a -> pick(a.mappings, random).ifPresent(mapping -> {
                            model.buffer.unmap(a.attachment, mapping);
                            a.mappings.remove(mapping);
                        }));
            case 9 ->
                pick(model.attachments, random).ifPresent(a -> {
                    Optional<Errno> refused = errno(() -> model.buffer.pin(a.attachment));
                    assertThat(refused).isEqualTo(a.dynamic() ? Optional.empty() : Optional.of(Errno.EINVAL));
                    a.pins += a.dynamic() ? 1 : 0;
                });
            case 10 ->
                pick(model.attachments, random).ifPresent(a -> {
                    model.buffer.unpin(a.attachment);
                    if (a.dynamic() && a.pins > 0) {
                        a.pins--;
                    } else {
                        expectedViolations++;
                    }
                });
            case 11 -> model.vmaps.add(model.buffer.vmap());
            case 12 ->
                pick(model.vmaps, random).ifPresent(mapping -> {
                    model.buffer.vunmap(mapping);
                    model.vmaps.remove(mapping);
                });
            case 13 -> mmap(model, random);
            case 14 ->
                pick(model.mmaps, random).ifPresent(mapping -> {
                    if (model.references > 1) {
                        mapping.close();
                        model.mmaps.remove(mapping);
                        model.references--;
                    }
                });
            case 15 -> {
                // KERNEL fences would make a static device's map wait.
                Usage usage = Usage.values()[1 + random.nextInt(3)];
                TimelineFence fence = new Timeline("t").begin(LONG);
                model.buffer.reservation().add(fence, usage);
                model.fences.add(new ModelFence(usage, fence));
            }
            case 16 ->
                pick(model.fences, random).ifPresent(fence -> {
                    fence.fence().signal();
                    model.fences.remove(fence);
                });
            case 17 -> {
                Optional<Errno> refused = errno(() -> heap.move(model.buffer, Duration.ZERO));
                assertThat(refused)
                        .isEqualTo(
                                model.busy(Usage.BOOKKEEP)
                                        ? Optional.of(Errno.ETIMEDOUT)
                                        : model.stays() ? Optional.of(Errno.EBUSY) : Optional.empty());
            }
            case 18 -> {
                String name = "x".repeat(random.nextInt(40));
                Optional<Errno> refused = errno(() -> model.buffer.setName(name));
                assertThat(refused).isEqualTo(name.length() > 31 ? Optional.of(Errno.EINVAL) : Optional.empty());
                model.name = name.length() > 31 ? model.name : Optional.of(name);
            }
            default -> throw new AssertionError();
        }
    }

    private void mmap(Model model, Random random) {
        long offset = 4096L * (random.nextInt(5) - 1);
        long length = 1 + random.nextInt(8192);
        boolean wraps = offset < 0 && offset + length >= 0;
        boolean outside = offset < 0 || offset + length > model.buffer.size();
        Optional<Errno> refused = errno(() -> {
            model.mmaps.add(model.buffer.mmap(offset, length));
            model.references++;
        });
        assertThat(refused)
                .as("%d bytes at %d of %d", length, offset, model.buffer.size())
                .isEqualTo(
                        wraps ? Optional.of(Errno.EOVERFLOW) : outside ? Optional.of(Errno.EINVAL) : Optional.empty());
        // The CPU writes what everybody has to see from now on.
        if (refused.isEmpty() && offset == 0 && length >= 4) {
            model.stamp = random.nextInt();
            model.mmaps.getLast().segment().set(ValueLayout.JAVA_INT, 0, model.stamp);
        }
    }

    private void put(Model model) {
        boolean last = model.references == 1;
        model.buffer.put();
        model.references--;
        if (!last) {
            return;
        }
        models.remove(model);
        expectedViolations += model.attachments.isEmpty() ? 0 : 1;
        expectedViolations += model.vmaps.isEmpty() ? 0 : 1;
        List.copyOf(model.attachments).forEach(a -> detach(model, a));
        model.fences.forEach(f -> f.fence().signal());
    }

    private void detach(Model model, ModelAttachment a) {
        model.buffer.detach(a.attachment);
        expectedViolations += a.mappings.isEmpty() && a.pins == 0 ? 0 : 1;
        model.attachments.remove(a);
    }

    private void compare(String when) {
        List<BufferInfo> infos = list.bufinfo().buffers();
        assertThat(infos).as(when).hasSize(models.size());
        for (int i = 0; i < models.size(); i++) {
            Model model = models.get(i);
            BufferInfo info = infos.get(i);
            assertThat(info.id()).as(when).isEqualTo(model.buffer.id());
            assertThat(info.references()).as(when).isEqualTo(model.references);
            assertThat(info.name()).as(when).isEqualTo(model.name);
            assertThat(info.cpuMappings()).as(when).isEqualTo(model.mmaps.size() + (model.vmaps.isEmpty() ? 0 : 1));
            assertThat(info.fences()).as(when).hasSize(model.fences.size());
            assertThat(info.attachments())
                    .as(when)
                    .zipSatisfy(model.attachments, (AttachmentInfo is, ModelAttachment ought) -> {
                        assertThat(is.dynamic()).isEqualTo(ought.dynamic());
                        assertThat(is.mapped()).isEqualTo(ought.mappings.size());
                        assertThat(is.pinned()).isEqualTo(ought.pinned());
                    });
            Set<PollEvent> ready = EnumSet.noneOf(PollEvent.class);
            for (PollEvent event : PollEvent.values()) {
                if (!model.busy(event.usage())) {
                    ready.add(event);
                }
            }
            assertThat(model.buffer.poll(EnumSet.allOf(PollEvent.class)))
                    .as(when)
                    .isEqualTo(ready);
            if (ready.contains(PollEvent.IN)) {
                MemorySegment all = model.buffer.vmap();
                model.buffer.beginCpuAccess(Access.READ, Duration.ZERO);
                assertThat(all.get(ValueLayout.JAVA_INT, 0)).as(when).isEqualTo(model.stamp);
                model.buffer.endCpuAccess(Access.READ);
                model.buffer.vunmap(all);
            }
        }
        assertThat(violations.total()).as(when).isEqualTo(expectedViolations);
    }

    private static <T> Optional<T> pick(List<T> all, Random random) {
        return all.isEmpty() ? Optional.empty() : Optional.of(all.get(random.nextInt(all.size())));
    }

    private static Optional<Errno> errno(Runnable call) {
        try {
            call.run();
            return Optional.empty();
        } catch (ErrnoException e) {
            return Optional.of(e.errno());
        }
    }
}
