package dev.crossdev.virtio.timing;

/** May be implemented by what takes a command's answer: it then also stands around the device while that takes the command. */
public interface CommandJourney {

    /**
     * The command has come to the device, which takes it next, on this thread.
     *
     * @param receivedNanos when it came; {@link System#nanoTime()}
     * @param take gives it to the device; to be called once
     */
    void atDevice(long receivedNanos, Runnable take);
}
