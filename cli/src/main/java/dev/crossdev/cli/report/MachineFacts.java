package dev.crossdev.cli.report;

import org.jspecify.annotations.Nullable;

/**
 * Where the runs were made.
 *
 * @param cpus that the virtual machine may use
 * @param kernel name and release
 * @param architecture as the virtual machine names it
 * @param stealShare share of all processor time that a hypervisor gave to others while the runs went on, 0 to 1; null
 *     where the kernel does not say
 */
public record MachineFacts(
        int cpus,
        String kernel,
        String architecture,
        @Nullable Double stealShare) {

    /** This machine; the share is of the time since {@code before}. */
    public static MachineFacts since(CpuTimes before) {
        return new MachineFacts(
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("os.name") + " " + System.getProperty("os.version"),
                System.getProperty("os.arch"),
                CpuTimes.now().stealShareSince(before));
    }
}
