package dev.crossdev.gpu.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.crossdev.grpc.client.Completion;
import dev.crossdev.grpc.client.DeviceStream;
import dev.crossdev.grpc.client.RawStream;
import dev.crossdev.grpc.client.StreamListener;
import dev.crossdev.grpc.dialect.NoEvent;
import dev.crossdev.grpc.dialect.RawChain;
import dev.crossdev.proto.admin.v1.GetDeviceRequest;
import dev.crossdev.virtio.capture.Bytes;
import dev.crossdev.virtio.gpu.GpuCommandType;
import dev.crossdev.virtio.gpu.GpuResult;
import io.quarkus.grpc.runtime.GrpcServer;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bytes that are no commands, on both queues of a real device: each is answered, and the device goes on. */
@QuarkusTest
@TestProfile(GpuServiceProfile.class)
class HostileGuestTest {

    private static final int HEADER = 24;
    private static final int ROOM = 2048;
    private static final Bytes GET_DISPLAY_INFO = Bytes.ofHex("0001" + "00".repeat(22));

    @Inject
    GrpcServer server;

    private Client client;
    private String device;
    private DeviceStream<RawChain, ByteString, NoEvent> stream;

    @BeforeEach
    void connect() {
        client = new Client(server.getPort());
        device = Client.unique();
        stream = RawStream.openGpu(client.channel, Client.windowed(device), new StreamListener<>() {}, Client.PATIENCE);
    }

    /** Whatever the test did: the same stream, the same epoch, the right answer. */
    @AfterEach
    void theDeviceGoesOn() {
        Bytes info = answer(0, GET_DISPLAY_INFO, ROOM);
        assertThat(info.size()).isEqualTo(408);
        assertThat(info.u32(0)).isEqualTo(GpuResult.OK_DISPLAY_INFO.number());
        assertThat(stream.epoch()).isZero();
        assertThat(stream.pendingCommands()).isZero();
        Client.close(stream);
        client.close();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
                    no bytes                                | 0 |                                                                  | 2048 | 00120000
                    one byte                                | 0 | 01                                                               | 2048 | 00120000
                    a type alone                            | 0 | 01010000                                                         | 2048 | 00120000
                    a header less a byte                    | 0 | 0001000000000000000000000000000000000000000000                   | 2048 | 00120000
                    a body less a byte                      | 0 | 02010000000000000000000000000000000000000000000002000000000000   | 2048 | 00120000
                    the type that is none                   | 0 | 000000000000000000000000000000000000000000000000                 | 2048 | 00120000
                    a type that nobody knows                | 0 | efbeadde0000000000000000000000000000000000000000                 | 2048 | 00120000
                    a context, on a 2D device               | 0 | 000200000000000000000000000000000000000000000000                 | 2048 | 00120000
                    a cursor command on the control queue   | 0 | 010300000000000000000000000000000000000000000000                 | 2048 | 00120000
                    a control command on the cursor queue   | 1 | 000100000000000000000000000000000000000000000000                 | 2048 | 00120000
                    a short cursor command                  | 1 | 000300000000000000000000000000000000000000000000                 | 2048 | 00120000
                    more bytes than the command has         | 0 | 000100000000000000000000000000000000000000000000ffffffffffffffff | 2048 | 01110000
                    an unknown resource                     | 0 | 020100000000000000000000000000000000000000000000ff00000000000000 | 2048 | 03120000
                    no room at all                          | 0 | 000100000000000000000000000000000000000000000000                 | 0    | ''
                    no room for a header                    | 0 | 000100000000000000000000000000000000000000000000                 | 23   | ''
                    no room for an error                    | 0 | 01                                                               | 8    | ''
                    room for a header only                  | 0 | 000100000000000000000000000000000000000000000000                 | 24   | 01110000
                    a queue that is not there               | 2 | 000100000000000000000000000000000000000000000000                 | 2048 | ''
                    a queue far out                         | 4294967295 | 000100000000000000000000000000000000000000000000            | 2048 | ''
                    """)
    void aRequestIsAnswered(String what, long queue, String request, int room, String begins) {
        Bytes written = answer((int) queue, request == null ? Bytes.NONE : Bytes.ofHex(request), room);

        assertThat(written.toString()).startsWith(begins);
        if (begins.isEmpty()) {
            assertThat(written.isEmpty()).isTrue();
        } else {
            assertThat(written.size()).isLessThanOrEqualTo(room).isGreaterThanOrEqualTo(HEADER);
        }
    }

    @Test
    void anErrorKeepsTheFenceOfAHeaderThatCouldBeRead() {
        Bytes written =
                answer(0, Bytes.ofHex("efbe0000" + "01000000" + "0807060504030201" + "05000000" + "00000000"), ROOM);

        assertThat(written)
                .isEqualTo(Bytes.ofHex("00120000" + "01000000" + "0807060504030201" + "05000000" + "00000000"));
    }

    /** With the bodies that they have for a device that offered VIRGL and CONTEXT_INIT, fenced on a timeline of their own. */
    @Test
    void contextsThreeDimensionsAndHostVisibleBlobsAreRefusedWithTheirFenceAndTimeline() {
        for (int type = 0x200; type <= 0x209; type++) {
            String rest = "03000000" + "0807060504030201" + "05000000" + "07000000";
            Bytes written = answer(0, Bytes.ofHex("%02x020000".formatted(type & 0xff) + rest + "01".repeat(72)), ROOM);

            assertThat(written).as("command %x", type).isEqualTo(Bytes.ofHex("00120000" + rest));
        }
    }

    @Test
    void aLinuxGuestsRequestsCutOffAtEveryByteAreErrors() {
        for (int queue = 0; queue < 2; queue++) {
            List<Bytes> cut = new ArrayList<>();
            for (Bytes request : CapturedGuests.requests()) {
                for (int size = 0; size < request.size(); size++) {
                    cut.add(request.part(0, size));
                }
            }
            List<Bytes> written = answers(queue, cut, ROOM);
            for (int i = 0; i < cut.size(); i++) {
                assertThat(written.get(i).size()).as("%s", cut.get(i)).isEqualTo(HEADER);
                if (cut.get(i).size() < fixedSize(cut.get(i)) || queue == 1) {
                    assertThat(written.get(i).u32(0)).as("%s", cut.get(i)).isEqualTo(GpuResult.ERR_UNSPEC.number());
                } else {
                    assertThat(written.get(i).u32(0)).as("%s", cut.get(i)).isGreaterThanOrEqualTo(0x1200);
                }
            }
        }
        assertNothingIsHeld();
    }

    /** What has to be there before a device looks at the resource: all but the entries. */
    private static int fixedSize(Bytes request) {
        return request.size() < HEADER
                ? HEADER
                : switch (GpuCommandType.of(request.u32(0))) {
                    case RESOURCE_ATTACH_BACKING -> 32;
                    case RESOURCE_CREATE_BLOB -> 56;
                    default -> Integer.MAX_VALUE;
                };
    }

    @Test
    void randomBytesAreAnsweredWithinTheirRoom() {
        Random random = new Random(2);
        List<RawChain> chains = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
            byte[] bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            chains.add(chain(random.nextInt(2), Bytes.of(bytes), random.nextInt(600)));
        }
        assertAnsweredWell(chains);
    }

    @Test
    void mutatedRequestsOfALinuxGuestAreAnsweredWithinTheirRoom() {
        for (long seed = 0; seed < 5; seed++) {
            Random random = new Random(seed);
            List<Bytes> requests = List.copyOf(CapturedGuests.requests());
            List<RawChain> chains = new ArrayList<>();
            for (int i = 0; i < 1_000; i++) {
                byte[] bytes = requests.get(random.nextInt(requests.size())).toArray();
                for (int flips = random.nextInt(4); flips > 0; flips--) {
                    // Not the type's high bytes each time, so that most get past the first check.
                    int at = random.nextInt(bytes.length);
                    bytes[at] = (byte) (random.nextBoolean() ? random.nextInt() : bytes[at] ^ 1 << random.nextInt(8));
                }
                int size = random.nextInt(5) == 0 ? random.nextInt(bytes.length + 40) : bytes.length;
                chains.add(chain(
                        random.nextInt(10) == 0 ? 1 : 0,
                        Bytes.of(Arrays.copyOf(bytes, size)),
                        random.nextInt(5) == 0 ? random.nextInt(100) : ROOM));
            }
            assertAnsweredWell(chains);
        }
    }

    private void assertAnsweredWell(List<RawChain> chains) {
        List<CompletableFuture<Completion<ByteString>>> pending =
                chains.stream().map(stream::submit).toList();
        for (int i = 0; i < chains.size(); i++) {
            RawChain chain = chains.get(i);
            Bytes request = Bytes.of(chain.readable().toByteArray());
            Bytes written = join(pending.get(i));
            if (chain.writableSize() < HEADER) {
                assertThat(written.isEmpty()).as("%s", request).isTrue();
                continue;
            }
            assertThat(written.size()).as("%s", request).isBetween(HEADER, chain.writableSize());
            GpuResult result = GpuResult.of(written.u32(0)).orElseThrow();
            if (result.isError()) {
                assertThat(written.size()).as("%s", request).isEqualTo(HEADER);
            }
            assertThat(written.part(4, HEADER)).as("%s", request).isEqualTo(fenceOf(request));
        }
    }

    /** What an answer's header has after its type: the request's fence and, if it is on one, its timeline. */
    private static Bytes fenceOf(Bytes request) {
        int flags = request.size() >= HEADER ? request.u32(4) & 3 : 0;
        return switch (flags) {
            case 1 -> Bytes.ofHex("01000000" + request.part(8, HEADER - 4) + "00000000");
            case 3 -> Bytes.ofHex("03000000" + request.part(8, HEADER - 3) + "000000");
            default -> Bytes.ofHex("00".repeat(HEADER - 4));
        };
    }

    private void assertNothingIsHeld() {
        assertThat(client.admin()
                        .getDevice(
                                GetDeviceRequest.newBuilder().setDevice(device).build())
                        .getDevice()
                        .getResources())
                .isZero();
    }

    private Bytes answer(int queue, Bytes request, int room) {
        return answers(queue, List.of(request), room).getFirst();
    }

    private List<Bytes> answers(int queue, List<Bytes> requests, int room) {
        List<CompletableFuture<Completion<ByteString>>> pending = requests.stream()
                .map(request -> stream.submit(chain(queue, request, room)))
                .toList();
        return pending.stream().map(HostileGuestTest::join).toList();
    }

    private static RawChain chain(int queue, Bytes request, int room) {
        return new RawChain(queue, ByteString.copyFrom(request.toArray()), room);
    }

    private static Bytes join(CompletableFuture<Completion<ByteString>> answer) {
        return Bytes.of(answer.orTimeout(Client.PATIENCE.toSeconds(), TimeUnit.SECONDS)
                .join()
                .response()
                .toByteArray());
    }
}
