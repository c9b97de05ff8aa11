package dev.crossdev.service.pci;

import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.service.log.DeviceLog;
import dev.crossdev.service.virtqueue.GuestDevice;
import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.TransportFeature;
import dev.crossdev.virtio.queue.RingException;
import java.util.ArrayList;
import java.util.List;

/**
 * A virtio device as its guest sees it on the PCI bus: the registers of virtio 1.4, Virtio Over PCI Bus, and the order in
 * which a driver brings a device up. For one thread at a time, but for {@link #needsReset} and {@link #configChanged}.
 */
final class VirtioPciFunction {

    private static final DeviceLog LOG = DeviceLog.of(VirtioPciFunction.class);

    static final int DRIVER_OK = 4;
    static final int FEATURES_OK = 8;
    static final int NEEDS_RESET = 64;
    static final int FAILED = 128;

    /** "No vector", the only answer where there are none. */
    private static final int NO_VECTOR = 0xffff;

    private final GuestDevice<?, ?, ?> device;
    private final PciConfigSpace space;
    private final InterruptLine interrupts;
    private final List<QueueRegisters> queues = new ArrayList<>();

    private int deviceFeatureSelect;
    private int driverFeatureSelect;
    private long driverFeatures;
    private int queueSelect;
    private volatile int status;
    private volatile int generation;

    VirtioPciFunction(GuestDevice<?, ?, ?> device, PciIdentity identity, InterruptLine interrupts) {
        this.device = device;
        this.interrupts = interrupts;
        this.space =
                new PciConfigSpace(identity.virtioId(), identity.classCode(), device.config().length, device.queues());
        identity.queueSizes().forEach(size -> queues.add(new QueueRegisters(size)));
    }

    /** A value of so many bytes, from configuration space. */
    int readConfig(int address, int length) {
        if (space.isWindowData(address)) {
            int offset = space.windowOffset(length);
            return offset < 0 ? 0 : (int) readBar(offset, length);
        }
        space.interrupt(interrupts.isPending());
        return space.read(address, length);
    }

    /** Gives the queue that was notified that way; -1 when none was. */
    int writeConfig(int address, int value, int length) {
        if (space.isWindowData(address)) {
            int offset = space.windowOffset(length);
            return offset < 0 ? -1 : writeBar(offset, value, length);
        }
        space.write(address, value, length);
        interrupts.masked(!space.interruptsOn());
        return -1;
    }

    /** A value of so many bytes, from an address in the guest's memory; all ones where nothing answers. */
    long readMemory(long address, int length) {
        int offset = space.barOffset(address, length);
        return offset < 0 ? -1L >>> 64 - 8 * length : readBar(offset, length);
    }

    /** Gives the queue that was notified; -1 when none was. */
    int writeMemory(long address, long value, int length) {
        int offset = space.barOffset(address, length);
        return offset < 0 ? -1 : writeBar(offset, value, length);
    }

    /** Hands the device what the driver made available; whether to come again without being notified. */
    boolean serve(int queue) {
        return (status & DRIVER_OK) != 0 && device.serve(queue);
    }

    /** A bus reset: as if just made. May wait for importers, never without end. */
    void reset() {
        resetDevice();
        space.reset();
    }

    /** From any thread: the device takes nothing until it is reset (virtio 1.4, Device Status Field). */
    void needsReset() {
        synchronized (this) {
            if ((status & (NEEDS_RESET | DRIVER_OK)) == DRIVER_OK) {
                status |= NEEDS_RESET;
                generation++;
            } else {
                status |= NEEDS_RESET;
                return;
            }
        }
        interrupts.raise(InterruptLine.CONFIG);
    }

    /** From any thread. */
    void configChanged() {
        synchronized (this) {
            generation++;
            if ((status & DRIVER_OK) == 0) {
                return;
            }
        }
        interrupts.raise(InterruptLine.CONFIG);
    }

    private long readBar(int offset, int length) {
        int within = offset % PciConfigSpace.PAGE;
        return switch (offset - within) {
            case PciConfigSpace.COMMON -> common(within, length);
            case PciConfigSpace.ISR -> within == 0 && length == 1 ? interrupts.take() : 0;
            case PciConfigSpace.DEVICE -> deviceConfig(within, length);
            default -> 0;
        };
    }

    /** Registers are read in their own width (driver requirement of the layout); anything else reads as 0. */
    private long common(int at, int length) {
        if (length == 4) {
            return Integer.toUnsignedLong(
                    switch (at) {
                        case 0x00 -> deviceFeatureSelect;
                        case 0x04 -> half(device.offered().bits(), deviceFeatureSelect);
                        case 0x08 -> driverFeatureSelect;
                        case 0x0c -> half(driverFeatures, driverFeatureSelect);
                        case 0x20, 0x24, 0x28, 0x2c, 0x30, 0x34 ->
                            isQueue() ? queues.get(queueSelect).half(at - 0x20) : 0;
                        default -> 0;
                    });
        }
        if (length == 2) {
            return switch (at) {
                case 0x10, 0x1a -> NO_VECTOR;
                case 0x12 -> queues.size();
                case 0x16 -> queueSelect;
                case 0x18 -> isQueue() ? queues.get(queueSelect).size : 0;
                case 0x1c -> isQueue() && queues.get(queueSelect).enabled ? 1 : 0;
                case 0x1e -> isQueue() ? queueSelect : 0;
                default -> 0;
            };
        }
        if (length == 1) {
            return switch (at) {
                case 0x14 -> status;
                case 0x15 -> generation & 0xff;
                default -> 0;
            };
        }
        return 0;
    }

    private int writeBar(int offset, long value, int length) {
        int within = offset % PciConfigSpace.PAGE;
        switch (offset - within) {
            case PciConfigSpace.COMMON -> common(within, value, length);
            case PciConfigSpace.DEVICE -> {
                byte[] bytes = new byte[length];
                for (int i = 0; i < length; i++) {
                    bytes[i] = (byte) (value >>> 8 * i);
                }
                if (within + length <= device.config().length) {
                    device.writeConfig(within, bytes);
                }
            }
            case PciConfigSpace.NOTIFY -> {
                int queue = within / PciConfigSpace.NOTIFY_STRIDE;
                return queue < queues.size() ? queue : -1;
            }
            default -> {}
        }
        return -1;
    }

    private void common(int at, long value, int length) {
        int word = (int) value;
        if (length == 4) {
            switch (at) {
                case 0x00 -> deviceFeatureSelect = word;
                case 0x08 -> driverFeatureSelect = word;
                case 0x0c -> driverFeatures(word);
                case 0x20, 0x24, 0x28, 0x2c, 0x30, 0x34 -> {
                    if (isQueue()) {
                        queues.get(queueSelect).half(at - 0x20, word);
                    }
                }
                default -> {}
            }
        } else if (length == 2) {
            switch (at) {
                case 0x16 -> queueSelect = word & 0xffff;
                case 0x18 -> {
                    if (isQueue() && !queues.get(queueSelect).enabled) {
                        queues.get(queueSelect).size(word & 0xffff);
                    }
                }
                case 0x1c -> {
                    if (isQueue() && (word & 0xffff) == 1) {
                        enable(queueSelect);
                    }
                }
                default -> {}
            }
        } else if (length == 1 && at == 0x14) {
            status(word & 0xff);
        }
    }

    private void driverFeatures(int word) {
        if ((status & FEATURES_OK) == 0 && driverFeatureSelect >= 0 && driverFeatureSelect < 2) {
            int shift = 32 * driverFeatureSelect;
            driverFeatures = driverFeatures & ~(0xffff_ffffL << shift) | Integer.toUnsignedLong(word) << shift;
        }
    }

    /** A driver sets bits one after another, and clears them only by writing 0. */
    private void status(int wanted) {
        if (wanted == 0) {
            resetDevice();
            return;
        }
        int added = wanted & ~status;
        int taken = added & ~(FEATURES_OK | DRIVER_OK | NEEDS_RESET);
        if ((added & FEATURES_OK) != 0 && featuresAreFine()) {
            taken |= FEATURES_OK;
        }
        synchronized (this) {
            status |= taken;
        }
        if ((added & FAILED) != 0) {
            LOG.warn("driver failed", device.key(), "its driver gave up");
        }
        if ((added & DRIVER_OK) != 0) {
            goLive();
        }
    }

    /** Whether FEATURES_OK stays set: the driver reads it back. */
    private boolean featuresAreFine() {
        Features wanted = new Features(driverFeatures);
        if (!wanted.has(TransportFeature.VERSION_1)) {
            LOG.warn("features refused", device.key(), "its driver is a legacy one");
            return false;
        }
        try {
            device.accept(wanted);
            return true;
        } catch (ErrnoException refused) {
            LOG.warn("features refused", device.key(), String.valueOf(refused.getMessage()));
            return false;
        }
    }

    private void goLive() {
        if ((status & FEATURES_OK) == 0) {
            LOG.warn("device needs reset", device.key(), "its driver begins without features");
            needsReset();
            return;
        }
        boolean broken;
        synchronized (this) {
            status |= DRIVER_OK;
            // It may have broken before anybody could be told.
            broken = (status & NEEDS_RESET) != 0;
        }
        if (broken) {
            interrupts.raise(InterruptLine.CONFIG);
        }
        for (int i = 0; i < queues.size(); i++) {
            if (queues.get(i).enabled) {
                start(i);
            }
        }
    }

    /** Buffers are not looked at before DRIVER_OK (virtio 1.4, Device Initialization). */
    private void enable(int queue) {
        if (!queues.get(queue).enabled) {
            queues.get(queue).enabled = true;
            if ((status & DRIVER_OK) != 0) {
                start(queue);
            }
        }
    }

    private void start(int queue) {
        try {
            device.start(queue, queues.get(queue).layout(), 0, () -> interrupts.raise(InterruptLine.QUEUE));
        } catch (RingException e) {
            LOG.warn("device needs reset", device.key(), "needs a reset: queue " + queue + ": " + e.getMessage());
            needsReset();
        }
    }

    private void resetDevice() {
        if (status != 0) {
            device.reset();
        }
        deviceFeatureSelect = 0;
        driverFeatureSelect = 0;
        driverFeatures = 0;
        queueSelect = 0;
        queues.forEach(QueueRegisters::reset);
        synchronized (this) {
            status = 0;
        }
        interrupts.reset();
    }

    private boolean isQueue() {
        return queueSelect < queues.size();
    }

    private long deviceConfig(int at, int length) {
        byte[] config = device.config();
        long value = 0;
        for (int i = 0; i < length && at + i < config.length; i++) {
            value |= Byte.toUnsignedLong(config[at + i]) << 8 * i;
        }
        return value;
    }

    private static int half(long bits, int select) {
        return select == 0 ? (int) bits : select == 1 ? (int) (bits >>> 32) : 0;
    }
}
