package dev.crossdev.gpu.device;

import dev.crossdev.gpu.device.CommandLane.Outcome;
import dev.crossdev.gpu.device.GpuSettings.DisplaySize;
import dev.crossdev.gpu.device.ObjectExport.Access;
import dev.crossdev.virtio.gpu.Display;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuLimits;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.Rect;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The commands about displays: what there is, what they show, and the pointer on them. */
final class ScanoutCommands {
    /** QEMU (virtio-gpu.c, virtio_gpu_set_scanout) shows nothing smaller. */
    private static final int LEAST_PIXELS = 16;

    private final List<DisplaySize> displays;
    private final FencedWork fenced;

    ScanoutCommands(GpuSettings settings, FencedWork fenced) {
        this.displays = settings.displays();
        this.fenced = fenced;
    }

    /** Side by side, from left to right, all plugged in. */
    GpuResponse displayInfo() {
        List<Display> infos = new ArrayList<>();
        int x = 0;
        for (DisplaySize size : displays) {
            infos.add(new Display(new Rect(x, 0, size.width(), size.height()), true, 0));
            x += size.width();
        }
        return new GpuResponse.OkDisplayInfo(infos);
    }

    GpuResponse edid(GpuCommand.GetEdid command) {
        int id = command.scanoutId();
        if (id < 0 || id >= displays.size()) {
            return Answers.INVALID_PARAMETER;
        }
        return new GpuResponse.OkEdid(Edid.of(displays.get(id), id));
    }

    GpuResponse setScanout(DeviceState state, GpuCommand.SetScanout command) {
        Optional<Scanout> scanout = state.scanout(command.scanoutId());
        if (scanout.isEmpty()) {
            return Answers.INVALID_SCANOUT_ID;
        }
        if (command.resourceId() == 0) {
            scanout.get().disable();
            return Answers.OK;
        }
        Optional<Resource> resource = state.resource(command.resourceId());
        if (resource.isEmpty()) {
            return Answers.INVALID_RESOURCE_ID;
        }
        if (resource.get().backing().isEmpty()) {
            return Answers.UNSPEC;
        }
        return switch (resource.get()) {
            case Resource.Flat flat -> show(scanout.get(), flat, command.rect());
        };
    }

    /**
     * When this is answered, the pixels are on every scanout that shows the resource, and the resource may be written
     * again: the scanouts have pictures of their own.
     */
    Outcome flush(DeviceState state, GpuCommand.ResourceFlush command) {
        Optional<Resource> resource = state.resource(command.resourceId());
        if (resource.isEmpty()) {
            return new Outcome.Done(Answers.INVALID_RESOURCE_ID);
        }
        return switch (resource.get()) {
            case Resource.Flat flat -> {
                HostImage image = flat.image();
                if (!command.rect().fitsIn(image.width(), image.height())) {
                    yield new Outcome.Done(Answers.INVALID_PARAMETER);
                }
                List<Scanout> showing = state.scanouts().stream()
                        .filter(scanout -> scanout.shows(flat))
                        .toList();
                if (showing.isEmpty()) {
                    yield new Outcome.Done(Answers.OK);
                }
                yield fenced.on(image, Access.READ, () -> {
                    showing.forEach(scanout -> scanout.flush(flat, command.rect()));
                    return Answers.OK;
                });
            }
        };
    }

    GpuResponse updateCursor(DeviceState state, GpuCommand.UpdateCursor command) {
        int scanoutId = command.position().scanoutId();
        if (state.scanout(scanoutId).isEmpty()) {
            return Answers.INVALID_SCANOUT_ID;
        }
        if (command.resourceId() == 0) {
            state.setPointer(scanoutId, _ -> Pointer.hiddenAt(command.position()));
            return Answers.OK;
        }
        Optional<Resource> resource = state.resource(command.resourceId());
        if (resource.isEmpty()) {
            return Answers.INVALID_RESOURCE_ID;
        }
        return switch (resource.get()) {
            case Resource.Flat flat -> {
                HostImage image = flat.image();
                if (image.width() != GpuLimits.CURSOR_SIZE || image.height() != GpuLimits.CURSOR_SIZE) {
                    yield Answers.INVALID_PARAMETER;
                }
                // No fence: the driver has filled the image, fenced, before it comes here (virtio 1.4, cursorq). The
                // other queue may drop the resource at this very moment, though.
                if (!image.tryHold()) {
                    yield Answers.INVALID_RESOURCE_ID;
                }
                try {
                    Pointer.Image picture = picture(flat, command.hotX(), command.hotY());
                    state.setPointer(
                            scanoutId,
                            _ -> new Pointer(
                                    command.position().x(), command.position().y(), Optional.of(picture)));
                    yield Answers.OK;
                } finally {
                    image.letGo();
                }
            }
        };
    }

    /** The spec has the resource id ignored, but guests rely on 0 hiding the pointer, as QEMU does. */
    GpuResponse moveCursor(DeviceState state, GpuCommand.MoveCursor command) {
        int scanoutId = command.position().scanoutId();
        if (state.scanout(scanoutId).isEmpty()) {
            return Answers.INVALID_SCANOUT_ID;
        }
        state.setPointer(
                scanoutId,
                pointer -> command.resourceId() == 0
                        ? Pointer.hiddenAt(command.position())
                        : pointer.movedTo(command.position()));
        return Answers.OK;
    }

    private static GpuResponse show(Scanout scanout, Resource.Flat flat, Rect rect) {
        boolean big = Integer.compareUnsigned(rect.width(), LEAST_PIXELS) >= 0
                && Integer.compareUnsigned(rect.height(), LEAST_PIXELS) >= 0;
        if (!big || !rect.fitsIn(flat.image().width(), flat.image().height())) {
            return Answers.INVALID_PARAMETER;
        }
        return scanout.show(flat, rect) ? Answers.OK : Answers.OUT_OF_MEMORY;
    }

    private static Pointer.Image picture(Resource.Flat flat, int hotX, int hotY) {
        MemorySegment pixels = flat.image().pixels();
        return new Pointer.Image(
                flat.id(), hotX, hotY, flat.image().layout().format().number(), pixels.toArray(ValueLayout.JAVA_BYTE));
    }
}
