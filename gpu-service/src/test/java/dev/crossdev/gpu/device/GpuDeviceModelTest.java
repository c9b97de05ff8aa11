package dev.crossdev.gpu.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.dmabuf.Attachment;
import dev.crossdev.dmabuf.VirtioDmaBuf;
import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.gpu.device.GpuSettings.DisplaySize;
import dev.crossdev.gpu.objects.ExportedObject;
import dev.crossdev.gpu.objects.ObjectState;
import dev.crossdev.virtio.Inspectable;
import dev.crossdev.virtio.ScanoutImage;
import dev.crossdev.virtio.gpu.BlobMem;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.PixelFormat;
import dev.crossdev.virtio.gpu.Rect;
import dev.crossdev.virtio.memory.MemEntry;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random commands, good and bad, against a small model: every code, every byte of the accounts, every pixel shown. */
class GpuDeviceModelTest {
    private static final int COMMANDS = Integer.getInteger("model.commands", 50_000);
    private static final int GUEST_BYTES = 1 << 16;

    private static final GpuSettings SETTINGS = GpuSettings.DEFAULT
            .withMaxBytes(20_000)
            .withMaxResources(5)
            .withMaxBackingEntries(24)
            .withDisplays(List.of(new DisplaySize(640, 480), new DisplaySize(800, 600)));

    private record Import(VirtioDmaBuf buffer, Attachment attachment, GpuModel.Picture picture) {}

    @ParameterizedTest
    @ValueSource(longs = {1, 20_26})
    void theDeviceDoesWhatTheModelDoes(long seed) {
        Random random = new Random(seed);
        List<Import> imports = new ArrayList<>();
        try (TestGpu gpu = new TestGpu(SETTINGS)) {
            byte[] guest = new byte[GUEST_BYTES];
            random.nextBytes(guest);
            gpu.memory.write(TestGpu.MEMORY_ADDRESS, guest);
            // The model sees only this much; the generator stays inside, or far outside.
            GpuModel model = new GpuModel(SETTINGS, guest, TestGpu.MEMORY_ADDRESS);
            for (int i = 0; i < COMMANDS; i++) {
                step(random, gpu, model, imports, "seed " + seed + ", command " + i);
                check(gpu, model, "seed " + seed + ", command " + i);
            }
            imports.forEach(held -> release(held, model));
            gpu.device.reset();
            assertThat(gpu.device.usage()).isEqualTo(Inspectable.Usage.NONE);
            assertThat(gpu.objects.counts().values()).containsOnly(0);
            assertThat(gpu.objects.fences().allocated()).isZero();
        }
        assertThat(SharedMemory.live()).isZero();
    }

    private static void step(Random random, TestGpu gpu, GpuModel model, List<Import> imports, String where) {
        int dice = random.nextInt(1000);
        if (dice == 0) {
            gpu.device.reset();
            model.reset();
        } else if (dice < 40) {
            importSomething(random, gpu, model, imports);
        } else if (dice < 90 && !imports.isEmpty()) {
            release(imports.remove(random.nextInt(imports.size())), model);
        } else {
            GpuCommand command = command(random);
            GpuResponse response = gpu.send(command);
            assertThat(response.result()).as("%s: %s", where, command).isEqualTo(model.execute(command));
            if (response instanceof GpuResponse.OkResourceUuid(UUID uuid)) {
                GpuModel.Picture picture = model.resource(((GpuCommand.ResourceAssignUuid) command).resourceId());
                if (picture.uuid == null) {
                    assertThat(uuid.version()).isEqualTo(4);
                    assertThat(uuid.variant()).isEqualTo(2);
                    assertThat(model.everIssued.add(uuid)).as("never reissued").isTrue();
                    picture.uuid = uuid;
                }
                assertThat(uuid).isEqualTo(picture.uuid);
                picture.resolves = true;
            }
        }
    }

    private static void importSomething(Random random, TestGpu gpu, GpuModel model, List<Import> imports) {
        // A blob's importers are asked to let go before its pages are: RevokeTest.
        List<ExportedObject> objects = gpu.objects.list(TestGpu.GUEST).stream()
                .filter(object -> object.layout().format() != null)
                .toList();
        if (objects.isEmpty()) {
            return;
        }
        ExportedObject object = objects.get(random.nextInt(objects.size()));
        VirtioDmaBuf buffer = object.buffer();
        assertThat(buffer.tryGet()).isTrue();
        Import held = new Import(
                buffer,
                buffer.attach(() -> "model"),
                model.byUuid(object.uuid()).orElseThrow());
        held.picture.importers.add(held);
        imports.add(held);
    }

    private static void release(Import held, GpuModel model) {
        MemorySegment mapping = held.buffer.map(held.attachment);
        assertThat(mapping.toArray(ValueLayout.JAVA_BYTE))
                .as("an importer keeps what it holds")
                .isEqualTo(held.picture.pixels);
        held.buffer.unmap(held.attachment, mapping);
        held.buffer.detach(held.attachment);
        held.buffer.put();
        model.letGo(held.picture, held);
    }

    private static void check(TestGpu gpu, GpuModel model, String where) {
        assertThat(gpu.device.usage())
                .as(where)
                .isEqualTo(new Inspectable.Usage(
                        model.resources.size(),
                        model.resourceBytes(),
                        model.resources.size() + model.lingering.size(),
                        model.bytes()));
        long exported = model.resources.values().stream()
                .filter(picture -> picture.resolves)
                .count();
        assertThat(gpu.objects.list(TestGpu.GUEST)).as(where).hasSize((int) exported);
        assertThat(gpu.objects.counts().values().stream().mapToInt(n -> n).sum())
                .as(where)
                .isEqualTo((int) exported + model.lingering.size());
        assertThat(gpu.objects.counts()).as(where).containsEntry(ObjectState.LINGERING, model.lingering.size());
        for (int id = 0; id < model.screens.size(); id++) {
            GpuModel.Screen screen = model.screens.get(id);
            Optional<ScanoutImage> image = gpu.device.captureScanout(id);
            assertThat(image.isPresent()).as(where).isEqualTo(screen.source != null);
            if (image.isPresent()) {
                assertThat(image.get().flushCount()).as(where).isEqualTo(screen.flushes);
                assertThat(Arrays.equals(image.get().pixels(), screen.pixels))
                        .as(where)
                        .isTrue();
            }
        }
    }

    private static GpuCommand command(Random random) {
        int id = random.nextInt(8);
        return switch (random.nextInt(15)) {
            case 12 ->
                new GpuCommand.ResourceCreateBlob(
                        id,
                        random.nextInt(10) == 0 ? BlobMem.HOST3D : BlobMem.GUEST,
                        random.nextInt(9),
                        0,
                        random.nextInt(8000) - 10,
                        entries(random));
            case 13, 14 ->
                new GpuCommand.SetScanoutBlob(
                        rect(random),
                        random.nextInt(4) - 1,
                        id,
                        random.nextInt(40),
                        random.nextInt(40),
                        random.nextInt(10) == 0 ? 5 : format(random),
                        List.of(random.nextInt(200), 0, 0, 0),
                        List.of(random.nextInt(64), 0, 0, 0));
            case 0, 1 ->
                new GpuCommand.ResourceCreate2d(
                        id, random.nextInt(10) == 0 ? 5 : format(random), random.nextInt(48), random.nextInt(48));
            case 2 -> new GpuCommand.ResourceUnref(id);
            case 3, 4 -> new GpuCommand.ResourceAttachBacking(id, entries(random));
            case 5 -> new GpuCommand.ResourceDetachBacking(id);
            case 6, 7 -> new GpuCommand.TransferToHost2d(rect(random), random.nextInt(9000), id);
            case 8 -> new GpuCommand.SetScanout(rect(random), random.nextInt(4) - 1, id);
            case 9, 10 -> new GpuCommand.ResourceFlush(rect(random), id);
            default -> new GpuCommand.ResourceAssignUuid(id);
        };
    }

    private static int format(Random random) {
        PixelFormat[] formats = PixelFormat.values();
        return formats[random.nextInt(2) == 0 ? 0 : random.nextInt(formats.length)].number();
    }

    private static List<MemEntry> entries(Random random) {
        List<MemEntry> entries = new ArrayList<>();
        int count = random.nextInt(10);
        for (int i = 0; i < count; i++) {
            int at = random.nextInt(GUEST_BYTES - 3000);
            entries.add(new MemEntry(TestGpu.MEMORY_ADDRESS + at, 1 + random.nextInt(3000)));
        }
        if (random.nextInt(8) == 0) {
            entries.add(new MemEntry(random.nextInt(2) == 0 ? 0 : -1L, 1 + random.nextInt(10)));
        }
        return entries;
    }

    private static Rect rect(Random random) {
        if (random.nextInt(10) == 0) {
            return new Rect(random.nextInt(), random.nextInt(), random.nextInt(), random.nextInt());
        }
        return new Rect(random.nextInt(8), random.nextInt(8), random.nextInt(40), random.nextInt(40));
    }
}
