package dev.crossdev.gpu.device;

import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuResult;
import dev.crossdev.virtio.gpu.PixelFormat;
import dev.crossdev.virtio.gpu.Rect;
import dev.crossdev.virtio.memory.MemEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What a device should do, told in the plainest way: arrays, maps and no care for speed. */
final class GpuModel {

    static final class Picture {
        final int width;
        final int height;
        final int format;
        final byte[] pixels;
        final int id;
        final Set<Object> importers = new HashSet<>();

        @Nullable
        List<MemEntry> backing;

        @Nullable
        UUID uuid;

        boolean alive = true;

        Picture(int id, int format, int width, int height) {
            this.id = id;
            this.format = format;
            this.width = width;
            this.height = height;
            this.pixels = new byte[width * height * 4];
        }
    }

    static final class Screen {
        @Nullable
        Picture source;

        Rect rect = Rect.EMPTY;
        byte[] pixels = new byte[0];
        int format;
        long flushes;
    }

    final Map<Integer, Picture> resources = new HashMap<>();
    final List<Picture> lingering = new ArrayList<>();
    final Set<UUID> everIssued = new HashSet<>();
    final List<Screen> screens = new ArrayList<>();
    private final GpuSettings settings;
    private final byte[] guestMemory;
    private final long guestAddress;

    GpuModel(GpuSettings settings, byte[] guestMemory, long guestAddress) {
        this.settings = settings;
        this.guestMemory = guestMemory;
        this.guestAddress = guestAddress;
        reset();
    }

    void reset() {
        for (int id : List.copyOf(resources.keySet())) {
            drop(id);
        }
        screens.clear();
        settings.displays().forEach(_ -> screens.add(new Screen()));
    }

    void letGo(Picture picture, Object importer) {
        picture.importers.remove(importer);
        if (!picture.alive && picture.importers.isEmpty()) {
            lingering.remove(picture);
        }
    }

    long resourceBytes() {
        return resources.values().stream().mapToLong(p -> p.pixels.length).sum();
    }

    long bytes() {
        return resourceBytes()
                + lingering.stream().mapToLong(p -> p.pixels.length).sum();
    }

    int backingEntries() {
        return resources.values().stream()
                .mapToInt(p -> p.backing == null ? 0 : p.backing.size())
                .sum();
    }

    GpuResult execute(GpuCommand command) {
        return switch (command) {
            case GpuCommand.ResourceCreate2d c -> create(c);
            case GpuCommand.ResourceUnref c -> {
                if (!resources.containsKey(c.resourceId())) {
                    yield GpuResult.ERR_INVALID_RESOURCE_ID;
                }
                drop(c.resourceId());
                yield GpuResult.OK_NODATA;
            }
            case GpuCommand.ResourceAttachBacking c -> attach(c);
            case GpuCommand.ResourceDetachBacking c -> {
                Picture picture = resources.get(c.resourceId());
                if (picture == null) {
                    yield GpuResult.ERR_INVALID_RESOURCE_ID;
                }
                boolean had = picture.backing != null;
                picture.backing = null;
                yield had ? GpuResult.OK_NODATA : GpuResult.ERR_UNSPEC;
            }
            case GpuCommand.TransferToHost2d c -> transfer(c);
            case GpuCommand.SetScanout c -> setScanout(c);
            case GpuCommand.ResourceFlush c -> flush(c);
            case GpuCommand.ResourceAssignUuid c ->
                resources.containsKey(c.resourceId()) ? GpuResult.OK_RESOURCE_UUID : GpuResult.ERR_INVALID_RESOURCE_ID;
            default -> throw new IllegalArgumentException(command.toString());
        };
    }

    Picture resource(int id) {
        return Optional.ofNullable(resources.get(id)).orElseThrow();
    }

    Optional<Picture> byUuid(UUID uuid) {
        return resources.values().stream().filter(p -> uuid.equals(p.uuid)).findAny();
    }

    private GpuResult create(GpuCommand.ResourceCreate2d c) {
        if (c.resourceId() == 0 || resources.containsKey(c.resourceId())) {
            return GpuResult.ERR_INVALID_RESOURCE_ID;
        }
        if (PixelFormat.of(c.format()).isEmpty() || c.width() == 0 || c.height() == 0) {
            return GpuResult.ERR_INVALID_PARAMETER;
        }
        if (resources.size() >= settings.maxResources()
                || bytes() + (long) c.width() * c.height() * 4 > settings.maxBytes()) {
            return GpuResult.ERR_OUT_OF_MEMORY;
        }
        resources.put(c.resourceId(), new Picture(c.resourceId(), c.format(), c.width(), c.height()));
        return GpuResult.OK_NODATA;
    }

    private void drop(int id) {
        Picture picture = resource(id);
        resources.remove(id);
        picture.alive = false;
        picture.backing = null;
        if (!picture.importers.isEmpty()) {
            lingering.add(picture);
        }
        for (Screen screen : screens) {
            if (screen.source == picture) {
                screen.source = null;
            }
        }
    }

    private GpuResult attach(GpuCommand.ResourceAttachBacking c) {
        Picture picture = resources.get(c.resourceId());
        if (picture == null) {
            return GpuResult.ERR_INVALID_RESOURCE_ID;
        }
        if (picture.backing != null) {
            return GpuResult.ERR_UNSPEC;
        }
        for (MemEntry entry : c.entries()) {
            long from = entry.address() - guestAddress;
            if (entry.length() <= 0 || from < 0 || from + entry.length() > guestMemory.length) {
                return GpuResult.ERR_UNSPEC;
            }
        }
        if (backingEntries() + c.entries().size() > settings.maxBackingEntries()) {
            return GpuResult.ERR_OUT_OF_MEMORY;
        }
        picture.backing = c.entries();
        return GpuResult.OK_NODATA;
    }

    private GpuResult transfer(GpuCommand.TransferToHost2d c) {
        Picture picture = resources.get(c.resourceId());
        if (picture == null) {
            return GpuResult.ERR_INVALID_RESOURCE_ID;
        }
        if (picture.backing == null) {
            return GpuResult.ERR_UNSPEC;
        }
        if (outside(c.rect(), picture)) {
            return GpuResult.ERR_INVALID_PARAMETER;
        }
        for (int y = 0; y < c.rect().height(); y++) {
            for (int x = 0; x < c.rect().width() * 4; x++) {
                long at = c.offset() + (long) y * picture.width * 4 + x;
                int to = ((c.rect().y() + y) * picture.width + c.rect().x()) * 4 + x;
                for (MemEntry entry : picture.backing) {
                    if (at < entry.length()) {
                        picture.pixels[to] = guestMemory[(int) (entry.address() - guestAddress + at)];
                        break;
                    }
                    at -= entry.length();
                }
            }
        }
        return GpuResult.OK_NODATA;
    }

    private GpuResult setScanout(GpuCommand.SetScanout c) {
        if (c.scanoutId() < 0 || c.scanoutId() >= screens.size()) {
            return GpuResult.ERR_INVALID_SCANOUT_ID;
        }
        Screen screen = screens.get(c.scanoutId());
        if (c.resourceId() == 0) {
            screen.source = null;
            return GpuResult.OK_NODATA;
        }
        Picture picture = resources.get(c.resourceId());
        if (picture == null) {
            return GpuResult.ERR_INVALID_RESOURCE_ID;
        }
        if (picture.backing == null) {
            return GpuResult.ERR_UNSPEC;
        }
        if (c.rect().width() < 16 || c.rect().height() < 16 || outside(c.rect(), picture)) {
            return GpuResult.ERR_INVALID_PARAMETER;
        }
        boolean stays = screen.source != null
                && screen.rect.width() == c.rect().width()
                && screen.rect.height() == c.rect().height()
                && screen.format == picture.format;
        if (!stays) {
            screen.pixels = new byte[c.rect().width() * c.rect().height() * 4];
        }
        screen.source = picture;
        screen.rect = c.rect();
        screen.format = picture.format;
        return GpuResult.OK_NODATA;
    }

    private GpuResult flush(GpuCommand.ResourceFlush c) {
        Picture picture = resources.get(c.resourceId());
        if (picture == null) {
            return GpuResult.ERR_INVALID_RESOURCE_ID;
        }
        if (outside(c.rect(), picture)) {
            return GpuResult.ERR_INVALID_PARAMETER;
        }
        for (Screen screen : screens) {
            if (screen.source != picture) {
                continue;
            }
            boolean hit = false;
            for (int y = c.rect().y(); y < c.rect().bottom(); y++) {
                for (int x = c.rect().x(); x < c.rect().right(); x++) {
                    int sx = x - screen.rect.x();
                    int sy = y - screen.rect.y();
                    if (sx < 0 || sy < 0 || sx >= screen.rect.width() || sy >= screen.rect.height()) {
                        continue;
                    }
                    hit = true;
                    System.arraycopy(
                            picture.pixels,
                            (y * picture.width + x) * 4,
                            screen.pixels,
                            (sy * screen.rect.width() + sx) * 4,
                            4);
                }
            }
            screen.flushes += hit ? 1 : 0;
        }
        return GpuResult.OK_NODATA;
    }

    private static boolean outside(Rect rect, Picture picture) {
        return rect.right() > picture.width || rect.bottom() > picture.height;
    }
}
