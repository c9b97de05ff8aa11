package dev.crossdev.gpu.device;

import dev.crossdev.gpu.device.CommandLane.Outcome;
import dev.crossdev.gpu.device.ObjectExport.Access;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.gpu.Display;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuFeature;
import dev.crossdev.virtio.gpu.GpuLimits;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.gpu.PixelFormat;
import dev.crossdev.virtio.gpu.Rect;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;

/** The commands about displays: what there is, what they show, and the pointer on them. */
final class ScanoutCommands {
    /** QEMU (virtio-gpu.c, virtio_gpu_set_scanout) shows nothing smaller. */
    private static final int LEAST_PIXELS = 16;

    private static final int CURSOR_BYTES = GpuLimits.CURSOR_SIZE * GpuLimits.CURSOR_SIZE * PixelFormat.BYTES_PER_PIXEL;

    private final Features accepted;
    private final PluggedDisplays displays;
    private final FencedWork fenced;

    ScanoutCommands(Features accepted, PluggedDisplays displays, FencedWork fenced) {
        this.accepted = accepted;
        this.displays = displays;
        this.fenced = fenced;
    }

    /** One that is unplugged has no place and no size (QEMU virtio-gpu-base.c, virtio_gpu_base_fill_display_info). */
    GpuResponse displayInfo() {
        return new GpuResponse.OkDisplayInfo(displays.all().stream()
                .map(display -> display.enabled()
                        ? new Display(
                                new Rect(
                                        display.x(),
                                        display.y(),
                                        display.size().width(),
                                        display.size().height()),
                                true,
                                0)
                        : Display.ABSENT)
                .toList());
    }

    /** An unplugged display still answers, as QEMU's do: Linux asks for all. */
    GpuResponse edid(GpuCommand.GetEdid command) {
        int id = command.scanoutId();
        return displays.size(id)
                .<GpuResponse>map(size -> new GpuResponse.OkEdid(Edid.of(size, id)))
                .orElse(Answers.INVALID_PARAMETER);
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
            case Resource.Flat flat -> show(scanout.get(), new Framebuffer.OfImage(flat), command.rect());
            // It has no size before SET_SCANOUT_BLOB gives it one, so no rectangle lies in it.
            case Resource.Blob _ -> Answers.INVALID_PARAMETER;
        };
    }

    /** The order of the checks is QEMU's (virtio-gpu.c, virtio_gpu_set_scanout_blob). */
    GpuResponse setScanoutBlob(DeviceState state, GpuCommand.SetScanoutBlob command) {
        if (!accepted.has(GpuFeature.RESOURCE_BLOB)) {
            return Answers.INVALID_PARAMETER;
        }
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
            case Resource.Flat _ -> Answers.INVALID_PARAMETER;
            case Resource.Blob blob ->
                framebuffer(blob, command)
                        .map(framebuffer -> show(scanout.get(), framebuffer, command.rect()))
                        .orElse(Answers.INVALID_PARAMETER);
        };
    }

    /** Empty when the format is none of ours, or the rows overlap or do not all lie in the blob. */
    private static Optional<Framebuffer> framebuffer(Resource.Blob blob, GpuCommand.SetScanoutBlob command) {
        Optional<PixelFormat> format = PixelFormat.of(command.format());
        int width = command.width();
        int height = command.height();
        if (format.isEmpty() || width <= 0 || height <= 0) {
            return Optional.empty();
        }
        long row = (long) width * PixelFormat.BYTES_PER_PIXEL;
        long stride = Integer.toUnsignedLong(command.strides().getFirst());
        long offset = Integer.toUnsignedLong(command.offsets().getFirst());
        // 32 bits times 31 bits, twice: no sum wraps.
        if (stride < row || offset + stride * (height - 1L) + row > blob.size()) {
            return Optional.empty();
        }
        return Optional.of(new Framebuffer.OfBlob(blob, format.get(), width, height, stride, offset));
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
        List<Framebuffer> showing = state.scanouts().stream()
                .flatMap(scanout -> scanout.showing(resource.get()).stream())
                .toList();
        boolean inside = switch (resource.get()) {
            case Resource.Flat flat ->
                command.rect().fitsIn(flat.image().width(), flat.image().height());
            // A blob has the sizes that it is shown with.
            case Resource.Blob _ ->
                showing.stream()
                        .allMatch(framebuffer -> command.rect().fitsIn(framebuffer.width(), framebuffer.height()));
        };
        if (!inside) {
            return new Outcome.Done(Answers.INVALID_PARAMETER);
        }
        if (showing.isEmpty()) {
            return new Outcome.Done(Answers.OK);
        }
        return fenced.on(showing.getFirst().pixels(), Access.READ, () -> {
            boolean whole = true;
            for (Scanout scanout : state.scanouts()) {
                whole &= scanout.flush(resource.get(), command.rect());
            }
            return whole ? Answers.OK : Answers.UNSPEC;
        });
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
            case Resource.Blob blob -> {
                // QEMU (virtio-gpu.c, update_cursor_data_simple) takes the first 64 x 64 pixels of a blob.
                byte[] bytes = new byte[CURSOR_BYTES];
                long copied = blob.size() < CURSOR_BYTES
                        ? 0
                        : blob.backing()
                                .map(pages -> pages.copyTo(0, MemorySegment.ofArray(bytes)))
                                .orElse(0L);
                if (copied != CURSOR_BYTES) {
                    yield Answers.INVALID_PARAMETER;
                }
                Pointer.Image picture = new Pointer.Image(
                        blob.id(), command.hotX(), command.hotY(), PixelFormat.B8G8R8A8_UNORM.number(), bytes);
                state.setPointer(
                        scanoutId,
                        _ -> new Pointer(
                                command.position().x(), command.position().y(), Optional.of(picture)));
                yield Answers.OK;
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

    private static GpuResponse show(Scanout scanout, Framebuffer framebuffer, Rect rect) {
        boolean big = Integer.compareUnsigned(rect.width(), LEAST_PIXELS) >= 0
                && Integer.compareUnsigned(rect.height(), LEAST_PIXELS) >= 0;
        if (!big || !rect.fitsIn(framebuffer.width(), framebuffer.height())) {
            return Answers.INVALID_PARAMETER;
        }
        return scanout.show(framebuffer, rect) ? Answers.OK : Answers.OUT_OF_MEMORY;
    }

    private static Pointer.Image picture(Resource.Flat flat, int hotX, int hotY) {
        MemorySegment pixels = flat.image().pixels();
        return new Pointer.Image(
                flat.id(), hotX, hotY, flat.image().format().number(), pixels.toArray(ValueLayout.JAVA_BYTE));
    }
}
