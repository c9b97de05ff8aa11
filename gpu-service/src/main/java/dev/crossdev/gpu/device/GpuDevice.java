package dev.crossdev.gpu.device;

import dev.crossdev.gpu.device.CommandLane.Outcome;
import dev.crossdev.virtio.Device;
import dev.crossdev.virtio.Displays;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.HeldBuffer;
import dev.crossdev.virtio.Inspectable;
import dev.crossdev.virtio.ScanoutImage;
import dev.crossdev.virtio.TransportFeature;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuConfig;
import dev.crossdev.virtio.gpu.GpuFeature;
import dev.crossdev.virtio.gpu.GpuReply;
import dev.crossdev.virtio.gpu.GpuRequest;
import dev.crossdev.virtio.gpu.GpuResponse;
import dev.crossdev.virtio.memory.GuestMemory;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A virtio-gpu device without 3D: 2D resources in host memory, blobs of guest memory, up to 16 scanouts, a pointer on each,
 * and UUIDs for its resources.
 *
 * <p>Control commands execute in the order in which they come and are answered in that order; cursor commands likewise,
 * on a lane of their own. A command that must wait for an importer (FLUSH, TRANSFER_TO_HOST_2D, see {@link FencedWork};
 * UNREF and DETACH_BACKING of a blob, see {@link ObjectExport#revoke}) or until importers can find an object (ASSIGN_UUID)
 * waits on a virtual thread, and the control commands behind it wait with it. All else runs on the caller's thread.
 *
 * <p>The transport bounds how many commands are pending, as a virtqueue does by its size.
 */
public final class GpuDevice implements Device<GpuRequest, GpuReply>, Inspectable {

    /** The virtio device id of a GPU. */
    public static final int DEVICE_ID = 16;

    /** What this device can do. */
    public static final Features OFFERED = Features.of(
            TransportFeature.VERSION_1, GpuFeature.EDID, GpuFeature.RESOURCE_UUID, GpuFeature.RESOURCE_BLOB);

    private final GpuSettings settings;
    private final PluggedDisplays displays;
    private final MemoryLedger ledger;
    private final BlobCommands blobs;
    private final ResourceCommands resources;
    private final ScanoutCommands scanouts;
    private final CommandLane control = new CommandLane("control", this::control);
    private final CommandLane cursor = new CommandLane("cursor", this::cursor);
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile DeviceState state;

    /**
     * @param accepted the features that the driver took, of {@link #OFFERED}
     * @param memory what the addresses in commands point into; outlives the device
     * @param exports takes this device's resources when they get a UUID
     * @param configChanged run, from any thread and without a lock, when the device changed its configuration space by itself
     */
    public GpuDevice(
            Features accepted,
            GuestMemory memory,
            ObjectExports exports,
            GpuSettings settings,
            Runnable configChanged) {
        this.settings = settings;
        this.displays = new PluggedDisplays(settings.displays(), configChanged);
        this.ledger = new MemoryLedger(settings.maxBytes());
        FencedWork fenced = new FencedWork(settings);
        this.blobs = new BlobCommands(accepted, memory, exports);
        this.resources = new ResourceCommands(accepted, memory, exports, ledger, fenced, settings, blobs);
        this.scanouts = new ScanoutCommands(accepted, displays, fenced);
        this.state = new DeviceState(settings);
    }

    @Override
    public void submit(GpuRequest request, Consumer<? super GpuReply> done) {
        switch (request.command()) {
            case GpuCommand.UpdateCursor _, GpuCommand.MoveCursor _ -> cursor.submit(request, done);
            default -> control.submit(request, done);
        }
    }

    @Override
    public byte[] config() {
        // Without 3D there is no capability set.
        return new GpuConfig(displays.events(), 0, settings.displays().size(), 0).toBytes();
    }

    @Override
    public void writeConfig(int offset, byte[] bytes) {
        displays.clearEvents(GpuConfig.eventsCleared(offset, bytes));
    }

    @Override
    public void reset() {
        control.reset();
        cursor.reset();
        DeviceState old = state;
        state = new DeviceState(settings);
        // What is plugged in stays plugged in; its news are no news to a driver that begins anew.
        displays.clearEvents(-1);
        letGo(old);
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            control.close();
            cursor.close();
            letGo(state);
        }
    }

    /** Returns when nobody can touch guest memory of these resources any more. */
    private void letGo(DeviceState old) {
        boolean undisturbed = Revokes.await(old.dispose(), settings.revokeWait());
        assert undisturbed || Thread.currentThread().isInterrupted();
    }

    @Override
    public Usage usage() {
        long bytes = 0;
        int count = 0;
        for (Resource resource : state.resources()) {
            count++;
            bytes += switch (resource) {
                case Resource.Flat flat -> flat.image().bytes();
                case Resource.Blob blob -> blob.size();
            };
        }
        List<Resource.Blob> live = blobs();
        return new Usage(
                count,
                bytes,
                ledger.count() + live.size(),
                ledger.bytes() + live.stream().mapToLong(Resource.Blob::size).sum());
    }

    @Override
    public List<HeldBuffer> buffers() {
        return Stream.concat(
                        ledger.images().stream().map(HostImage::describe),
                        blobs().stream().map(Resource.Blob::describe))
                .sorted(Comparator.comparing(HeldBuffer::createdAt))
                .toList();
    }

    private List<Resource.Blob> blobs() {
        return state.resources().stream()
                .filter(Resource.Blob.class::isInstance)
                .map(Resource.Blob.class::cast)
                .toList();
    }

    @Override
    public Optional<ScanoutImage> captureScanout(int scanoutId) {
        return state.scanout(scanoutId).flatMap(Scanout::capture);
    }

    @Override
    public List<ActiveScanout> activeScanouts() {
        List<ActiveScanout> active = new ArrayList<>();
        List<Scanout> all = state.scanouts();
        for (int id = 0; id < all.size(); id++) {
            all.get(id).active(id).ifPresent(active::add);
        }
        return active;
    }

    @Override
    public Optional<Displays> displays() {
        return Optional.of(displays);
    }

    /** The pointer on a scanout; hidden where there is no such scanout. */
    public Pointer pointer(int scanoutId) {
        return state.pointer(scanoutId);
    }

    /** Commands taken and not answered. */
    public int pending() {
        return control.pending() + cursor.pending();
    }

    private Outcome control(GpuRequest request) {
        DeviceState now = state;
        return switch (request.command()) {
            case GpuCommand.GetDisplayInfo _ -> done(scanouts.displayInfo());
            case GpuCommand.GetEdid command -> done(scanouts.edid(command));
            case GpuCommand.ResourceCreate2d command -> done(resources.create(now, command));
            case GpuCommand.ResourceUnref command -> resources.unref(now, command);
            case GpuCommand.SetScanout command -> done(scanouts.setScanout(now, command));
            case GpuCommand.ResourceFlush command -> scanouts.flush(now, command);
            case GpuCommand.TransferToHost2d command -> resources.transfer(now, command);
            case GpuCommand.ResourceAttachBacking command -> done(resources.attachBacking(now, command));
            case GpuCommand.ResourceDetachBacking command -> resources.detachBacking(now, command);
            case GpuCommand.ResourceAssignUuid command -> resources.assignUuid(now, command);
            // num_capsets is 0, so every index is out of range.
            case GpuCommand.GetCapsetInfo _ -> done(Answers.INVALID_PARAMETER);
            case GpuCommand.GetCapset _ -> done(Answers.INVALID_PARAMETER);
            case GpuCommand.ResourceCreateBlob command -> done(blobs.create(now, command));
            case GpuCommand.SetScanoutBlob command -> done(scanouts.setScanoutBlob(now, command));
            // 3D, contexts, host-visible blobs, numbers that nobody knows.
            case GpuCommand.Unsupported _ -> done(Answers.UNSPEC);
            case GpuCommand.UpdateCursor _, GpuCommand.MoveCursor _ ->
                throw new IllegalStateException("a cursor command on the control lane");
        };
    }

    private Outcome cursor(GpuRequest request) {
        DeviceState now = state;
        return switch (request.command()) {
            case GpuCommand.UpdateCursor command -> done(scanouts.updateCursor(now, command));
            case GpuCommand.MoveCursor command -> done(scanouts.moveCursor(now, command));
            default -> throw new IllegalStateException("a control command on the cursor lane");
        };
    }

    private static Outcome done(GpuResponse response) {
        return new Outcome.Done(response);
    }
}
