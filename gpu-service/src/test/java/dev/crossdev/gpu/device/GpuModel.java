package dev.crossdev.gpu.device;

import dev.crossdev.virtio.gpu.BlobMem;
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

        /** Bytes of a blob; 0 for a 2D resource. */
        final long blob;

        final boolean crossDevice;

        Picture(int id, int format, int width, int height) {
            this.id = id;
            this.format = format;
            this.width = width;
            this.height = height;
            this.pixels = new byte[width * height * 4];
            this.blob = 0;
            this.crossDevice = true;
        }

        /** A blob: the guest's pages are all there is. */
        Picture(int id, long size, boolean crossDevice) {
            this.id = id;
            this.format = 0;
            this.width = 0;
            this.height = 0;
            this.pixels = new byte[0];
            this.blob = size;
            this.crossDevice = crossDevice;
        }

        long size() {
            return blob > 0 ? blob : pixels.length;
        }

        /** A blob that loses its pages keeps its UUID, which means nothing until it is asked for again. */
        boolean resolves;
    }

    static final class Screen {
        @Nullable
        Picture source;

        Rect rect = Rect.EMPTY;
        int width;
        int height;
        long stride;
        long offset;
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
        return resources.values().stream().mapToLong(Picture::size).sum();
    }

    /** Live buffers, blobs included. */
    long bytes() {
        return resourceBytes()
                + lingering.stream().mapToLong(p -> p.pixels.length).sum();
    }

    /** The device's own memory, which alone is limited. */
    private long hostBytes() {
        return bytes() - resources.values().stream().mapToLong(p -> p.blob).sum();
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
                picture.resolves &= picture.blob == 0;
                yield had ? GpuResult.OK_NODATA : GpuResult.ERR_UNSPEC;
            }
            case GpuCommand.TransferToHost2d c -> transfer(c);
            case GpuCommand.SetScanout c -> setScanout(c);
            case GpuCommand.ResourceFlush c -> flush(c);
            case GpuCommand.ResourceAssignUuid c -> assignUuid(c);
            case GpuCommand.ResourceCreateBlob c -> createBlob(c);
            case GpuCommand.SetScanoutBlob c -> setScanoutBlob(c);
            default -> throw new IllegalArgumentException(command.toString());
        };
    }

    Picture resource(int id) {
        return Optional.ofNullable(resources.get(id)).orElseThrow();
    }

    Optional<Picture> byUuid(UUID uuid) {
        return resources.values().stream().filter(p -> uuid.equals(p.uuid)).findAny();
    }

    private GpuResult assignUuid(GpuCommand.ResourceAssignUuid c) {
        Picture picture = resources.get(c.resourceId());
        if (picture == null) {
            return GpuResult.ERR_INVALID_RESOURCE_ID;
        }
        if (!picture.crossDevice) {
            return GpuResult.ERR_INVALID_PARAMETER;
        }
        return picture.blob > 0 && picture.backing == null ? GpuResult.ERR_UNSPEC : GpuResult.OK_RESOURCE_UUID;
    }

    private GpuResult createBlob(GpuCommand.ResourceCreateBlob c) {
        if (c.resourceId() == 0 || resources.containsKey(c.resourceId())) {
            return GpuResult.ERR_INVALID_RESOURCE_ID;
        }
        if (c.blobMem() != BlobMem.GUEST || c.size() <= 0 || c.blobFlags() < 0 || c.blobFlags() > 7) {
            return GpuResult.ERR_INVALID_PARAMETER;
        }
        boolean backed = !c.entries().isEmpty();
        if (backed && (!areGuestMemory(c.entries()) || length(c.entries()) < c.size())) {
            return GpuResult.ERR_UNSPEC;
        }
        if (resources.size() >= settings.maxResources()
                || backingEntries() + c.entries().size() > settings.maxBackingEntries()) {
            return GpuResult.ERR_OUT_OF_MEMORY;
        }
        Picture blob = new Picture(c.resourceId(), c.size(), (c.blobFlags() & BlobMem.FLAG_USE_CROSS_DEVICE) != 0);
        blob.backing = backed ? c.entries() : null;
        resources.put(c.resourceId(), blob);
        return GpuResult.OK_NODATA;
    }

    private boolean areGuestMemory(List<MemEntry> entries) {
        return entries.stream().allMatch(entry -> {
            long from = entry.address() - guestAddress;
            return entry.length() > 0 && from >= 0 && from + entry.length() <= guestMemory.length;
        });
    }

    private static long length(List<MemEntry> entries) {
        return entries.stream().mapToLong(MemEntry::length).sum();
    }

    private GpuResult create(GpuCommand.ResourceCreate2d c) {
        if (c.resourceId() == 0 || resources.containsKey(c.resourceId())) {
            return GpuResult.ERR_INVALID_RESOURCE_ID;
        }
        if (PixelFormat.of(c.format()).isEmpty() || c.width() == 0 || c.height() == 0) {
            return GpuResult.ERR_INVALID_PARAMETER;
        }
        if (resources.size() >= settings.maxResources()
                || hostBytes() + (long) c.width() * c.height() * 4 > settings.maxBytes()) {
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
        if (!areGuestMemory(c.entries()) || length(c.entries()) < picture.blob) {
            return GpuResult.ERR_UNSPEC;
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
        if (picture.blob > 0) {
            return GpuResult.OK_NODATA;
        }
        if (outside(c.rect(), picture)) {
            return GpuResult.ERR_INVALID_PARAMETER;
        }
        for (int y = 0; y < c.rect().height(); y++) {
            for (int x = 0; x < c.rect().width() * 4; x++) {
                long at = c.offset() + (long) y * picture.width * 4 + x;
                int to = ((c.rect().y() + y) * picture.width + c.rect().x()) * 4 + x;
                picture.pixels[to] = backingByte(picture.backing, at, picture.pixels[to]);
            }
        }
        return GpuResult.OK_NODATA;
    }

    /** What lies past the end is not there: the target stays as it is. */
    private byte backingByte(List<MemEntry> backing, long at, byte otherwise) {
        long left = at;
        for (MemEntry entry : backing) {
            if (left < entry.length()) {
                return guestMemory[(int) (entry.address() - guestAddress + left)];
            }
            left -= entry.length();
        }
        return otherwise;
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
        if (picture.blob > 0 || outside(c.rect(), picture)) {
            return GpuResult.ERR_INVALID_PARAMETER;
        }
        return show(screen, picture, c.rect(), picture.format, picture.width, picture.height, 0, 0);
    }

    private GpuResult setScanoutBlob(GpuCommand.SetScanoutBlob c) {
        if (c.scanoutId() < 0 || c.scanoutId() >= screens.size()) {
            return GpuResult.ERR_INVALID_SCANOUT_ID;
        }
        Screen screen = screens.get(c.scanoutId());
        if (c.resourceId() == 0) {
            screen.source = null;
            return GpuResult.OK_NODATA;
        }
        Picture blob = resources.get(c.resourceId());
        if (blob == null) {
            return GpuResult.ERR_INVALID_RESOURCE_ID;
        }
        if (blob.backing == null) {
            return GpuResult.ERR_UNSPEC;
        }
        long stride = c.strides().getFirst();
        long offset = c.offsets().getFirst();
        if (blob.blob == 0
                || PixelFormat.of(c.format()).isEmpty()
                || c.width() <= 0
                || c.height() <= 0
                || stride < c.width() * 4L
                || offset + stride * (c.height() - 1) + c.width() * 4L > blob.blob
                || c.rect().right() > c.width()
                || c.rect().bottom() > c.height()) {
            return GpuResult.ERR_INVALID_PARAMETER;
        }
        return show(screen, blob, c.rect(), c.format(), c.width(), c.height(), stride, offset);
    }

    private static GpuResult show(
            Screen screen, Picture source, Rect rect, int format, int width, int height, long stride, long offset) {
        if (rect.width() < 16 || rect.height() < 16) {
            return GpuResult.ERR_INVALID_PARAMETER;
        }
        boolean stays = screen.source != null
                && screen.rect.width() == rect.width()
                && screen.rect.height() == rect.height()
                && screen.format == format;
        if (!stays) {
            screen.pixels = new byte[rect.width() * rect.height() * 4];
        }
        screen.source = source;
        screen.rect = rect;
        screen.format = format;
        screen.width = width;
        screen.height = height;
        screen.stride = stride;
        screen.offset = offset;
        return GpuResult.OK_NODATA;
    }

    private GpuResult flush(GpuCommand.ResourceFlush c) {
        Picture picture = resources.get(c.resourceId());
        if (picture == null) {
            return GpuResult.ERR_INVALID_RESOURCE_ID;
        }
        boolean outside = picture.blob == 0
                ? outside(c.rect(), picture)
                : screens.stream()
                        .anyMatch(screen -> screen.source == picture
                                && (c.rect().right() > screen.width || c.rect().bottom() > screen.height));
        if (outside) {
            return GpuResult.ERR_INVALID_PARAMETER;
        }
        boolean whole = true;
        for (Screen screen : screens) {
            if (screen.source != picture) {
                continue;
            }
            List<MemEntry> pages = picture.backing;
            if (picture.blob > 0 && pages == null) {
                whole &= !overlap(c.rect(), screen.rect);
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
                    for (int part = 0; part < 4; part++) {
                        int to = (sy * screen.rect.width() + sx) * 4 + part;
                        screen.pixels[to] = picture.blob > 0 && pages != null
                                ? backingByte(pages, screen.offset + y * screen.stride + x * 4L + part, (byte) 0)
                                : picture.pixels[(y * picture.width + x) * 4 + part];
                    }
                }
            }
            screen.flushes += hit ? 1 : 0;
        }
        return whole ? GpuResult.OK_NODATA : GpuResult.ERR_UNSPEC;
    }

    private static boolean overlap(Rect a, Rect b) {
        return a.width() > 0
                && a.height() > 0
                && a.x() < b.right()
                && b.x() < a.right()
                && a.y() < b.bottom()
                && b.y() < a.bottom();
    }

    private static boolean outside(Rect rect, Picture picture) {
        return rect.right() > picture.width || rect.bottom() > picture.height;
    }
}
