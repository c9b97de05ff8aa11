package dev.crossdev.gpu.objects;

import dev.crossdev.dmabuf.Attachment;
import dev.crossdev.dmabuf.fence.FenceSlot;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;

/** One importer's hold on one object, from Attach to Detach or to the end of its Watch stream. */
public final class Hold {
    private static final System.Logger LOG = System.getLogger(Hold.class.getName());

    private final int attachment;
    private final String importer;
    private final String device;
    private final ExportedObject object;
    private final Attachment attached;
    private final ImporterSession session;
    private final AtomicBoolean released = new AtomicBoolean();

    /** Owns one reference of the object's buffer from here on. */
    Hold(
            int attachment,
            String importer,
            String device,
            ExportedObject object,
            Attachment attached,
            ImporterSession session) {
        this.attachment = attachment;
        this.importer = importer;
        this.device = device;
        this.object = object;
        this.attached = attached;
        this.session = session;
    }

    /** Also the importer's number in the fence table. */
    public int attachment() {
        return attachment;
    }

    public String importer() {
        return importer;
    }

    /** The importing device, for people. */
    public String device() {
        return device;
    }

    public Instant since() {
        return attached.since();
    }

    public ExportedObject object() {
        return object;
    }

    FenceSlot fence() {
        return object.fence();
    }

    boolean isReleased() {
        return released.get();
    }

    /** The memory is going away: the importer is asked to detach and to say so. */
    void askToLetGo() {
        session.askToLetGo(this);
    }

    /** The importer did not let go in time: its session ends, and with it all its holds. */
    void cutOff() {
        session.cutOff();
    }

    /** Lets go: fences that are left end with an error, and the last one out frees the memory. Again is nothing. */
    void release() {
        if (!released.compareAndSet(false, true)) {
            return;
        }
        int left = fence().abandon(attachment);
        if (left > 0) {
            LOG.log(System.Logger.Level.WARNING, () -> this + " let go of " + object + " with " + left + " fences");
        }
        object.remove(this);
        object.buffer().detach(attached);
        object.buffer().put();
    }

    /** The importer and its device, as a listing shows it. */
    @Override
    public String toString() {
        return device.isEmpty() ? importer : importer + "/" + device;
    }
}
