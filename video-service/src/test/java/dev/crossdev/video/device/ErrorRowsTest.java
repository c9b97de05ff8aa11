package dev.crossdev.video.device;

import static dev.crossdev.virtio.video.VideoResult.ERR_INVALID_OPERATION;
import static dev.crossdev.virtio.video.VideoResult.ERR_INVALID_PARAMETER;
import static dev.crossdev.virtio.video.VideoResult.ERR_INVALID_RESOURCE_ID;
import static dev.crossdev.virtio.video.VideoResult.ERR_INVALID_STREAM_ID;
import static dev.crossdev.virtio.video.VideoResult.ERR_OUT_OF_MEMORY;
import static dev.crossdev.virtio.video.VideoResult.ERR_UNSUPPORTED_CONTROL;
import static dev.crossdev.virtio.video.VideoResult.OK_GET_PARAMS;
import static dev.crossdev.virtio.video.VideoResult.OK_NODATA;
import static dev.crossdev.virtio.video.VideoResult.OK_QUERY_CAPABILITY;
import static dev.crossdev.virtio.video.VideoResult.OK_QUERY_CONTROL;
import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.virtio.Features;
import dev.crossdev.virtio.memory.MemEntry;
import dev.crossdev.virtio.video.MemType;
import dev.crossdev.virtio.video.QueueType;
import dev.crossdev.virtio.video.ResourceEntry;
import dev.crossdev.virtio.video.VideoCommand;
import dev.crossdev.virtio.video.VideoCommand.GetControl;
import dev.crossdev.virtio.video.VideoCommand.GetParams;
import dev.crossdev.virtio.video.VideoCommand.GetParamsExt;
import dev.crossdev.virtio.video.VideoCommand.QueryCapability;
import dev.crossdev.virtio.video.VideoCommand.QueryControl;
import dev.crossdev.virtio.video.VideoCommand.QueueClear;
import dev.crossdev.virtio.video.VideoCommand.ResourceCreate;
import dev.crossdev.virtio.video.VideoCommand.ResourceDestroyAll;
import dev.crossdev.virtio.video.VideoCommand.ResourceQueue;
import dev.crossdev.virtio.video.VideoCommand.SetControl;
import dev.crossdev.virtio.video.VideoCommand.SetParams;
import dev.crossdev.virtio.video.VideoCommand.SetParamsExt;
import dev.crossdev.virtio.video.VideoCommand.StreamCreate;
import dev.crossdev.virtio.video.VideoCommand.StreamDestroy;
import dev.crossdev.virtio.video.VideoCommand.StreamDrain;
import dev.crossdev.virtio.video.VideoCommand.Unsupported;
import dev.crossdev.virtio.video.VideoControl;
import dev.crossdev.virtio.video.VideoFeature;
import dev.crossdev.virtio.video.VideoFormat;
import dev.crossdev.virtio.video.VideoParams;
import dev.crossdev.virtio.video.VideoParams.Crop;
import dev.crossdev.virtio.video.VideoParams.PlaneFormat;
import dev.crossdev.virtio.video.VideoResult;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Which answer which bad (or just good) command gets. */
class ErrorRowsTest {
    private static final int S = Driver.STREAM;
    private static final QueueType IN = QueueType.INPUT;
    private static final QueueType OUT = QueueType.OUTPUT;
    private static final int H264 = VideoFormat.H264.number();
    private static final int BGRA = VideoFormat.BGRA8888.number();

    /**
     * One row.
     *
     * @param given what the driver did before
     * @param when the command
     * @param then its result
     */
    private record Row(String name, Given given, VideoCommand when, VideoResult then) {}

    private enum Given {
        NOTHING,
        /** A stream without resources. */
        STREAM,
        /** Input 0 created, so a session. */
        SESSION,
        /** Input 0, and output 0 of the stream's size. */
        BUFFERS,
        /** The same with output 0 queued. */
        OUTPUT_QUEUED,
        /** The same with a drain pending, which waits for an output. */
        DRAINING
    }

    @TestFactory
    Stream<DynamicTest> everyCommandIsAnsweredAsTheTableSays() {
        return rows().stream()
                .map(row -> DynamicTest.dynamicTest(row.name(), () -> {
                    try (Driver driver = new Driver()) {
                        prepare(driver, row.given());
                        assertThat(driver.result(row.when())).isEqualTo(row.then());
                    }
                }));
    }

    private static List<Row> rows() {
        return List.of(
                row("capabilities of the input", Given.NOTHING, new QueryCapability(IN), OK_QUERY_CAPABILITY),
                row("capabilities of the output", Given.NOTHING, new QueryCapability(OUT), OK_QUERY_CAPABILITY),
                row("unknown command", Given.STREAM, new Unsupported(S, 0x1ff), ERR_INVALID_OPERATION),
                row("unknown command, unknown stream", Given.NOTHING, new Unsupported(9, 0x1ff), ERR_INVALID_OPERATION),
                row("stream id in use", Given.STREAM, stream(S, MemType.VIRTIO_OBJECT, H264), ERR_INVALID_STREAM_ID),
                row("stream id 0 is an id", Given.STREAM, stream(0, MemType.VIRTIO_OBJECT, H264), OK_NODATA),
                row(
                        "codec not offered",
                        Given.NOTHING,
                        stream(S, MemType.VIRTIO_OBJECT, 0x1003),
                        ERR_INVALID_PARAMETER),
                row(
                        "codec that is no codec",
                        Given.NOTHING,
                        stream(S, MemType.VIRTIO_OBJECT, BGRA),
                        ERR_INVALID_PARAMETER),
                row(
                        "bitstream in objects",
                        Given.NOTHING,
                        new StreamCreate(S, MemType.VIRTIO_OBJECT, MemType.VIRTIO_OBJECT, H264, ""),
                        ERR_INVALID_PARAMETER),
                row("destroy, unknown stream", Given.NOTHING, new StreamDestroy(S), ERR_INVALID_STREAM_ID),
                row("drain, unknown stream", Given.NOTHING, new StreamDrain(S), ERR_INVALID_STREAM_ID),
                row("create, unknown stream", Given.NOTHING, Driver.input(0), ERR_INVALID_STREAM_ID),
                row("queue, unknown stream", Given.NOTHING, Driver.queueOutput(0), ERR_INVALID_STREAM_ID),
                row("destroy all, unknown stream", Given.NOTHING, new ResourceDestroyAll(S, IN), ERR_INVALID_STREAM_ID),
                row("clear, unknown stream", Given.NOTHING, new QueueClear(S, IN), ERR_INVALID_STREAM_ID),
                row("get params, unknown stream", Given.NOTHING, new GetParams(S, IN), ERR_INVALID_STREAM_ID),
                row("get params ext, unknown stream", Given.NOTHING, new GetParamsExt(S, IN), ERR_INVALID_STREAM_ID),
                row(
                        "set params, unknown stream",
                        Given.NOTHING,
                        new SetParams(S, params(IN, H264)),
                        ERR_INVALID_STREAM_ID),
                row(
                        "query control, unknown stream",
                        Given.NOTHING,
                        new QueryControl(S, 2, H264),
                        ERR_INVALID_STREAM_ID),
                row("get control, unknown stream", Given.NOTHING, new GetControl(S, 2), ERR_INVALID_STREAM_ID),
                row("set control, unknown stream", Given.NOTHING, new SetControl(S, 1, 5), ERR_INVALID_STREAM_ID),
                row("get params", Given.STREAM, new GetParams(S, OUT), OK_GET_PARAMS),
                row("get params ext", Given.STREAM, new GetParamsExt(S, OUT), OK_GET_PARAMS),

                // Parameters.
                row("input format", Given.STREAM, new SetParams(S, params(IN, H264)), OK_NODATA),
                row(
                        "input format not offered",
                        Given.STREAM,
                        new SetParams(S, params(IN, 0x1004)),
                        ERR_INVALID_PARAMETER),
                row(
                        "input params in a session",
                        Given.SESSION,
                        new SetParams(S, params(IN, H264)),
                        ERR_INVALID_PARAMETER),
                row(
                        "input of two planes",
                        Given.STREAM,
                        new SetParams(S, params(IN, H264, new PlaneFormat(9, 0), new PlaneFormat(9, 0))),
                        ERR_INVALID_PARAMETER),
                row(
                        "input buffers of 4 GiB",
                        Given.STREAM,
                        new SetParams(S, params(IN, H264, new PlaneFormat(-1, 0))),
                        ERR_INVALID_PARAMETER),
                row("output params", Given.BUFFERS, new SetParams(S, params(OUT, BGRA)), OK_NODATA),
                row(
                        "output format not offered",
                        Given.BUFFERS,
                        new SetParams(S, params(OUT, 3)),
                        ERR_INVALID_PARAMETER),
                row(
                        "output params, output queued",
                        Given.OUTPUT_QUEUED,
                        new SetParams(S, params(OUT, BGRA)),
                        ERR_INVALID_PARAMETER),
                row(
                        "output type",
                        Given.SESSION,
                        new SetParamsExt(S, params(OUT, BGRA), MemType.GUEST_PAGES),
                        OK_NODATA),
                row(
                        "output type with outputs",
                        Given.BUFFERS,
                        new SetParamsExt(S, params(OUT, BGRA), MemType.GUEST_PAGES),
                        ERR_INVALID_PARAMETER),
                row(
                        "output type, output queued",
                        Given.OUTPUT_QUEUED,
                        new SetParamsExt(S, params(OUT, BGRA), MemType.VIRTIO_OBJECT),
                        ERR_INVALID_PARAMETER),
                row(
                        "input type objects",
                        Given.STREAM,
                        new SetParamsExt(S, params(IN, H264), MemType.VIRTIO_OBJECT),
                        ERR_INVALID_PARAMETER),

                // Resources.
                row("unknown UUID", Given.STREAM, Driver.output(0, UUID.randomUUID()), ERR_INVALID_OPERATION),
                row("sixteen zero bytes", Given.STREAM, Driver.output(0, new UUID(0, 0)), ERR_INVALID_OPERATION),
                row("object of no entries", Given.STREAM, create(OUT, 1, List.of(List.of())), ERR_INVALID_OPERATION),
                row(
                        "object of two entries",
                        Given.STREAM,
                        create(OUT, 1, List.of(List.of(new ResourceEntry(1, 2), new ResourceEntry(3, 4)))),
                        ERR_INVALID_OPERATION),
                row("no planes", Given.STREAM, create(OUT, 1, List.of()), ERR_INVALID_OPERATION),
                row(
                        "two planes",
                        Given.STREAM,
                        create(OUT, 1, List.of(List.of(new ResourceEntry(1, 2)), List.of(new ResourceEntry(1, 2)))),
                        ERR_INVALID_OPERATION),
                row(
                        "planes in buffers of their own",
                        Given.STREAM,
                        create(OUT, 2, List.of(List.of(new ResourceEntry(1, 2)))),
                        ERR_INVALID_PARAMETER),
                row("input of no pages", Given.STREAM, create(IN, 1, List.of(List.of())), ERR_INVALID_OPERATION),
                row("input outside of guest memory", Given.STREAM, pages(0, 4096), ERR_INVALID_OPERATION),
                row(
                        "input across the end of guest memory",
                        Given.STREAM,
                        pages(TestMemory.BASE + (8 << 20) - 4095, 4096),
                        ERR_INVALID_OPERATION),
                row("input whose address wraps", Given.STREAM, pages(-4096, 8192), ERR_INVALID_OPERATION),
                row("same input again", Given.SESSION, Driver.input(0), OK_NODATA),
                row(
                        "plane offset outside",
                        Given.STREAM,
                        new ResourceCreate(S, IN, 0, 1, List.of(4097), List.of(List.of(entry(TestMemory.BASE, 4096)))),
                        ERR_INVALID_PARAMETER),

                // Queues.
                row("queue without a session", Given.STREAM, Driver.queueOutput(0), ERR_INVALID_OPERATION),
                row("queue an unknown output", Given.SESSION, Driver.queueOutput(7), ERR_INVALID_RESOURCE_ID),
                row("queue an unknown input", Given.SESSION, queueInput(7, 10), ERR_INVALID_RESOURCE_ID),
                row("queue an output id as input", Given.BUFFERS, queueInput(50, 10), ERR_INVALID_RESOURCE_ID),
                row("output queued twice", Given.OUTPUT_QUEUED, Driver.queueOutput(50), ERR_INVALID_PARAMETER),
                row(
                        "create what is queued",
                        Given.OUTPUT_QUEUED,
                        Driver.output(50, new UUID(0, 1)),
                        ERR_INVALID_OPERATION),
                row(
                        "input of no data size",
                        Given.SESSION,
                        new ResourceQueue(S, IN, 0, 0, List.of()),
                        ERR_INVALID_OPERATION),
                row(
                        "input of two data sizes",
                        Given.SESSION,
                        new ResourceQueue(S, IN, 0, 0, List.of(1, 1)),
                        ERR_INVALID_OPERATION),
                row(
                        "more data than the input holds",
                        Given.SESSION,
                        queueInput(0, Driver.INPUT_BYTES + 1),
                        ERR_INVALID_PARAMETER),
                row("data of 4 GiB", Given.SESSION, queueInput(0, -1), ERR_INVALID_PARAMETER),
                row("drain without a session", Given.STREAM, new StreamDrain(S), ERR_INVALID_OPERATION),
                row("drain while draining", Given.DRAINING, new StreamDrain(S), ERR_INVALID_OPERATION),
                row("queue an input while draining", Given.DRAINING, queueInput(0, 10), ERR_INVALID_OPERATION),
                row("clear without a session", Given.STREAM, new QueueClear(S, IN), OK_NODATA),
                row("clear the outputs", Given.OUTPUT_QUEUED, new QueueClear(S, OUT), OK_NODATA),
                row("destroy no resources", Given.STREAM, new ResourceDestroyAll(S, OUT), OK_NODATA),

                // Controls.
                row("profiles", Given.STREAM, control(VideoControl.PROFILE), OK_QUERY_CONTROL),
                row("levels", Given.STREAM, control(VideoControl.LEVEL), OK_QUERY_CONTROL),
                row("profiles of another codec", Given.STREAM, new QueryControl(S, 2, 0x1003), ERR_INVALID_PARAMETER),
                row("query an encoder's control", Given.STREAM, control(VideoControl.BITRATE), ERR_UNSUPPORTED_CONTROL),
                row("query an unknown control", Given.STREAM, new QueryControl(S, 77, 0), ERR_UNSUPPORTED_CONTROL),
                row("get a control", Given.STREAM, new GetControl(S, 2), ERR_UNSUPPORTED_CONTROL),
                row("get an unknown control", Given.STREAM, new GetControl(S, 77), ERR_UNSUPPORTED_CONTROL),
                row("set a control", Given.STREAM, new SetControl(S, 1, 5), ERR_INVALID_OPERATION),
                row("set an unknown control", Given.STREAM, new SetControl(S, 77, 5), ERR_UNSUPPORTED_CONTROL));
    }

    @Test
    void limitsAreOutOfMemory() {
        DecoderLimits d = DecoderLimits.DEFAULT;
        DecoderLimits small =
                new DecoderLimits(2, 2, 8192, d.maxWidth(), d.maxHeight(), d.fenceWait(), d.fenceHold(), d.stopWait());
        try (Driver driver = new Driver(small)) {
            driver.createStream();
            driver.ok(stream(2, MemType.VIRTIO_OBJECT, H264));
            assertThat(driver.result(stream(3, MemType.VIRTIO_OBJECT, H264))).isEqualTo(ERR_OUT_OF_MEMORY);
            driver.addOutput(1, 640, 480);
            driver.addOutput(2, 640, 480);
            UUID third = driver.objects.export(640, 480).uuid();
            assertThat(driver.result(Driver.output(3, third))).isEqualTo(ERR_OUT_OF_MEMORY);
            driver.ok(Driver.output(2, third));
            assertThat(driver.result(pages(TestMemory.BASE, 8193))).isEqualTo(ERR_OUT_OF_MEMORY);
            driver.ok(pages(TestMemory.BASE, 8192));
        }
    }

    @Test
    void memoryTypesNeedTheirFeature() {
        Features noObjects = VideoDecoderDevice.OFFERED.without(VideoFeature.RESOURCE_VIRTIO_OBJECT);
        try (Driver driver = new Driver(DecoderLimits.DEFAULT, noObjects)) {
            assertThat(driver.result(stream(S, MemType.VIRTIO_OBJECT, H264))).isEqualTo(ERR_INVALID_PARAMETER);
            driver.ok(stream(S, MemType.GUEST_PAGES, H264));
        }
        Features noPages = VideoDecoderDevice.OFFERED.without(VideoFeature.RESOURCE_GUEST_PAGES);
        try (Driver driver = new Driver(DecoderLimits.DEFAULT, noPages)) {
            assertThat(driver.result(stream(S, MemType.VIRTIO_OBJECT, H264))).isEqualTo(ERR_INVALID_PARAMETER);
        }
        Features contiguous = VideoDecoderDevice.OFFERED.without(VideoFeature.RESOURCE_NON_CONTIG);
        try (Driver driver = new Driver(DecoderLimits.DEFAULT, contiguous)) {
            driver.createStream();
            VideoCommand scattered = ResourceCreate.singlePlane(
                    S, IN, 0, List.of(entry(TestMemory.BASE, 4096), entry(TestMemory.BASE + 8192, 4096)));
            assertThat(driver.result(scattered)).isEqualTo(ERR_INVALID_PARAMETER);
        }
    }

    @Test
    void inputBufferSizeIsTheDriversAndOutputSizeTheStreams() {
        try (Driver driver = new Driver()) {
            driver.createStream();
            driver.ok(new SetParams(S, params(IN, H264, new PlaneFormat(70_000, 0))));
            driver.ok(new SetParams(S, params(OUT, BGRA, new PlaneFormat(70_000, 100))));
            assertThat(driver.call(new GetParams(S, IN)).toString()).contains("planeSize=70000");
            assertThat(driver.call(new GetParams(S, OUT)).toString())
                    .contains("planeSize=" + 640 * 480 * 4)
                    .contains("stride=2560");
        }
    }

    private static void prepare(Driver driver, Given given) {
        if (given == Given.NOTHING) {
            return;
        }
        driver.createStream();
        if (given == Given.STREAM) {
            return;
        }
        driver.ok(Driver.input(0));
        if (given == Given.SESSION) {
            return;
        }
        driver.addOutput(50, 640, 480);
        switch (given) {
            case OUTPUT_QUEUED -> driver.post(Driver.queueOutput(50));
            case DRAINING -> driver.post(new StreamDrain(S));
            default -> {}
        }
    }

    private static Row row(String name, Given given, VideoCommand when, VideoResult then) {
        return new Row(name, given, when, then);
    }

    private static StreamCreate stream(int id, MemType outputs, int format) {
        return new StreamCreate(id, MemType.GUEST_PAGES, outputs, format, "");
    }

    private static VideoParams params(QueueType queue, int format, PlaneFormat... planes) {
        return new VideoParams(
                queue,
                format,
                800,
                600,
                0,
                0,
                Crop.NONE,
                30,
                planes.length == 0 ? List.of(new PlaneFormat(65_536, 0)) : List.of(planes));
    }

    private static ResourceCreate create(QueueType queue, int layout, List<List<ResourceEntry>> planes) {
        return new ResourceCreate(
                S, queue, 0, layout, planes.stream().map(_ -> 0).toList(), planes);
    }

    private static ResourceCreate pages(long address, int length) {
        return create(IN, 1, List.of(List.of(entry(address, length))));
    }

    private static ResourceEntry entry(long address, int length) {
        return ResourceEntry.of(new MemEntry(address, length));
    }

    private static ResourceQueue queueInput(int id, int size) {
        return new ResourceQueue(S, IN, id, 0, List.of(size));
    }

    private static QueryControl control(VideoControl control) {
        return new QueryControl(S, control.number(), H264);
    }
}
