package dev.crossdev.video.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.grpc.client.Completion;
import dev.crossdev.grpc.client.DeviceStream;
import dev.crossdev.grpc.client.RawStream;
import dev.crossdev.grpc.client.StreamListener;
import dev.crossdev.grpc.dialect.NoEvent;
import dev.crossdev.grpc.dialect.OpenStream;
import dev.crossdev.grpc.dialect.RawChain;
import dev.crossdev.virtio.capture.Bytes;
import dev.crossdev.virtio.memory.MemEntry;
import dev.crossdev.virtio.video.MemType;
import dev.crossdev.virtio.video.QueueType;
import dev.crossdev.virtio.video.ResourceEntry;
import dev.crossdev.virtio.video.VideoCommand;
import dev.crossdev.virtio.video.VideoFormat;
import dev.crossdev.virtio.video.VideoParams;
import dev.crossdev.virtio.video.VideoResult;
import dev.crossdev.virtio.video.VideoWire;
import io.grpc.ManagedChannel;
import io.quarkus.grpc.runtime.GrpcServer;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Bytes that are no commands, on the raw door of a real video device: each is answered, and the device goes on. */
@QuarkusTest
@TestProfile(VideoServiceProfile.class)
class HostileVideoGuestTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int HEADER = 8;
    private static final int ROOM = 4096;
    private static final Bytes QUERY =
            Bytes.of(VideoWire.encodeCommand(new VideoCommand.QueryCapability(QueueType.INPUT)));

    /** One of each kind; none of them is answered later than at once on a device without streams. */
    private static final List<Bytes> REQUESTS = List.of(
                    new VideoCommand.QueryCapability(QueueType.OUTPUT),
                    new VideoCommand.StreamDestroy(9),
                    new VideoCommand.StreamDrain(9),
                    VideoCommand.ResourceCreate.singlePlane(
                            9, QueueType.INPUT, 1, List.of(ResourceEntry.of(new MemEntry(0, 4096)))),
                    new VideoCommand.ResourceQueue(9, QueueType.INPUT, 1, 5, List.of(100)),
                    new VideoCommand.ResourceDestroyAll(9, QueueType.INPUT),
                    new VideoCommand.QueueClear(9, QueueType.OUTPUT),
                    new VideoCommand.GetParams(9, QueueType.OUTPUT),
                    new VideoCommand.SetParams(
                            9,
                            new VideoParams(QueueType.OUTPUT, 2, 64, 48, 1, 4, VideoParams.Crop.NONE, 30, List.of())),
                    new VideoCommand.QueryControl(9, 2, VideoFormat.H264.number()),
                    new VideoCommand.GetControl(9, 1),
                    new VideoCommand.SetControl(9, 1, 1000),
                    new VideoCommand.GetParamsExt(9, QueueType.INPUT),
                    new VideoCommand.StreamCreate(
                            9, MemType.GUEST_PAGES, MemType.GUEST_PAGES, VideoFormat.H264.number(), "tag"))
            .stream()
            .map(command -> Bytes.of(VideoWire.encodeCommand(command)))
            .toList();

    @Inject
    GrpcServer server;

    private ManagedChannel channel;
    private DeviceStream<RawChain, ByteString, NoEvent> stream;

    @BeforeEach
    void connect() {
        channel = Channels.plaintext("127.0.0.1", server.getPort());
        stream = RawStream.openVideo(channel, OpenStream.of("hostile", "vm0"), new StreamListener<>() {}, PATIENCE);
    }

    /** Whatever the test did: the same stream, the same epoch, the right answer. */
    @AfterEach
    void theDeviceGoesOn() {
        Bytes capability = answer(0, QUERY, ROOM);
        assertThat(capability.u32(0)).isEqualTo(VideoResult.OK_QUERY_CAPABILITY.number());
        assertThat(capability.size()).isGreaterThan(HEADER);
        assertThat(stream.epoch()).isZero();
        stream.close();
        stream.closed().orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
        channel.shutdownNow();
    }

    @Test
    void whatIsNoCommandIsAnInvalidOperation() {
        Bytes invalid = Bytes.ofHex("0003000000000000");
        for (String request :
                List.of("", "00", "00000000", "0000000000000000", "efbeadde00000000", "0001000000000000")) {
            assertThat(answer(0, Bytes.ofHex(request), ROOM)).as(request).isEqualTo(invalid);
        }
        assertThat(answer(0, Bytes.ofHex("08010000" + "01000000" + "ff000000" + "00000000"), ROOM))
                .as("a queue that does not exist")
                .isEqualTo(Bytes.ofHex("0403000000000000"));
    }

    @Test
    void anAnswerIsCutToItsRoom() {
        Bytes whole = answer(0, QUERY, ROOM);
        for (int room = 0; room <= whole.size() + 1; room++) {
            Bytes expected = room < HEADER ? Bytes.NONE : whole.part(0, Math.min(room, whole.size()));
            assertThat(answer(0, QUERY, room)).as("room for %d", room).isEqualTo(expected);
        }
    }

    @Test
    void queuesThatAreNotThereAndRoomsThatAreTooSmallAreGivenBackEmpty() {
        assertThat(answer(2, QUERY, ROOM)).isEqualTo(Bytes.NONE);
        assertThat(answer(-1, QUERY, ROOM)).isEqualTo(Bytes.NONE);
        assertThat(answer(1, Bytes.NONE, 7)).as("no event fits").isEqualTo(Bytes.NONE);
    }

    @Test
    void bytesAfterACommandMeanNothing() {
        byte[] longer = Arrays.copyOf(QUERY.toArray(), 500);
        Arrays.fill(longer, QUERY.size(), 500, (byte) 0xff);

        assertThat(answer(0, Bytes.of(longer), ROOM)).isEqualTo(answer(0, QUERY, ROOM));
    }

    @Test
    void commandsCutOffAtEveryByteAreErrors() {
        List<Bytes> cut = new ArrayList<>();
        for (Bytes request : REQUESTS) {
            for (int size = 0; size < request.size(); size++) {
                // Those that have nothing behind their header are whole.
                if (size < HEADER || request.size() > HEADER) {
                    cut.add(request.part(0, size));
                }
            }
        }
        List<Bytes> written = answers(cut);
        for (int i = 0; i < cut.size(); i++) {
            assertThat(written.get(i).size()).as("%s", cut.get(i)).isEqualTo(HEADER);
            assertThat(written.get(i).u32(0))
                    .as("%s", cut.get(i))
                    .isEqualTo(VideoResult.ERR_INVALID_OPERATION.number());
        }
    }

    @Test
    void randomBytesAndMutatedCommandsAreAnsweredWithinTheirRoom() {
        Random random = new Random(5);
        List<RawChain> chains = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
            byte[] bytes;
            if (random.nextInt(4) == 0) {
                bytes = new byte[random.nextInt(200)];
                random.nextBytes(bytes);
            } else {
                // Never the last, which makes a stream whose buffers would wait.
                bytes = REQUESTS.get(random.nextInt(REQUESTS.size() - 1)).toArray();
                for (int flips = random.nextInt(4); flips > 0; flips--) {
                    int at = 4 + random.nextInt(bytes.length - 4);
                    bytes[at] ^= (byte) (1 << random.nextInt(8));
                }
                bytes = Arrays.copyOf(bytes, random.nextInt(5) == 0 ? random.nextInt(bytes.length + 20) : bytes.length);
            }
            chains.add(chain(0, Bytes.of(bytes), random.nextInt(4) == 0 ? random.nextInt(60) : ROOM));
        }
        List<CompletableFuture<Completion<ByteString>>> pending =
                chains.stream().map(stream::submit).toList();
        for (int i = 0; i < chains.size(); i++) {
            Bytes written = join(pending.get(i));
            int room = chains.get(i).writableSize();
            if (room < HEADER) {
                assertThat(written).isEqualTo(Bytes.NONE);
            } else {
                assertThat(written.size()).isBetween(HEADER, room);
                VideoResult result = VideoResult.of(written.u32(0)).orElseThrow();
                if (result.isError()) {
                    assertThat(written.size()).isEqualTo(HEADER);
                }
            }
        }
    }

    private Bytes answer(int queue, Bytes request, int room) {
        return join(stream.submit(chain(queue, request, room)));
    }

    private List<Bytes> answers(List<Bytes> requests) {
        List<CompletableFuture<Completion<ByteString>>> pending = requests.stream()
                .map(request -> stream.submit(chain(0, request, ROOM)))
                .toList();
        return pending.stream().map(HostileVideoGuestTest::join).toList();
    }

    private static RawChain chain(int queue, Bytes request, int room) {
        return new RawChain(queue, ByteString.copyFrom(request.toArray()), room);
    }

    private static Bytes join(CompletableFuture<Completion<ByteString>> answer) {
        return Bytes.of(answer.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .join()
                .response()
                .toByteArray());
    }
}
