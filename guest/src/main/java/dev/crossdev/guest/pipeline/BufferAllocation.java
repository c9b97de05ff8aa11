package dev.crossdev.guest.pipeline;

import dev.crossdev.dmabuf.DmaBuf;
import dev.crossdev.guest.gpu.GpuBuffer;
import dev.crossdev.guest.gpu.GpuDriver;
import dev.crossdev.guest.timeline.BufferTimeline;
import dev.crossdev.guest.timeline.RegistrationTrace;
import dev.crossdev.guest.timeline.RunClock;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Step 1, a central allocator: every buffer is allocated and exported in turn, or all are allocated and then all exported.
 */
final class BufferAllocation {

    private final GpuDriver gpu;
    private final RunClock clock;
    private final boolean blobs;
    private final IntFunction<RegistrationTrace> traces;
    private final int width;
    private final int height;
    private final List<GpuBuffer> allocated = new ArrayList<>();
    private final List<OutputBuffer> exported = new ArrayList<>();
    private final List<BufferTimeline> timelines;
    private long spent;

    /**
     * @param blobs whether buffers are blobs of the guest's own memory, or have a host copy
     * @param traces makes the trace of each buffer
     * @param timelines gets that of each buffer before its allocation begins
     */
    BufferAllocation(
            GpuDriver gpu,
            RunClock clock,
            boolean blobs,
            int width,
            int height,
            IntFunction<RegistrationTrace> traces,
            List<BufferTimeline> timelines) {
        this.traces = traces;
        this.timelines = timelines;
        this.gpu = gpu;
        this.clock = clock;
        this.blobs = blobs;
        this.width = width;
        this.height = height;
    }

    /** One after the other, as an allocator does that is asked for one buffer at a time. */
    void inTurn(int buffers) {
        for (int number = 0; number < buffers; number++) {
            long start = clock.now();
            allocate(number);
            export(number);
            spent += clock.now() - start;
        }
    }

    /** All made before the first is exported. */
    void inBatch(int buffers) {
        long start = clock.now();
        for (int number = 0; number < buffers; number++) {
            allocate(number);
        }
        for (int number = 0; number < buffers; number++) {
            export(number);
        }
        spent += clock.now() - start;
    }

    List<OutputBuffer> outputs() {
        return List.copyOf(exported);
    }

    /** Nanoseconds in all allocating and exporting calls. */
    long spentNanos() {
        return spent;
    }

    /** Lets go of every buffer; those that someone still holds stay until then. */
    void release() {
        exported.forEach(output -> output.dmaBuf().put());
        exported.clear();
        allocated.forEach(gpu::free);
        allocated.clear();
    }

    private void allocate(int number) {
        BufferTimeline timeline = new BufferTimeline(number, clock, traces.apply(number));
        timelines.add(timeline);
        allocated.add(blobs ? gpu.allocateBlob(width, height, timeline) : gpu.allocate(width, height, timeline));
    }

    private void export(int number) {
        GpuBuffer buffer = allocated.get(number);
        DmaBuf dmaBuf = gpu.export(buffer);
        exported.add(new OutputBuffer(number, buffer, dmaBuf));
    }
}
