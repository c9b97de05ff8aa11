package dev.crossdev.grpc.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.crossdev.proto.video.v1.ControlQueueResponse;
import dev.crossdev.virtio.video.VideoCommand;
import dev.crossdev.virtio.video.VideoEvent;
import dev.crossdev.virtio.video.VideoEventType;
import dev.crossdev.virtio.video.VideoResponse;
import dev.crossdev.virtio.video.VideoResult;
import dev.crossdev.virtio.video.VideoWire;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RawVideoDialectTest {

    private static final Times TIMES = new Times(1, 2, BootId.UNKNOWN);
    private static final VideoEvent EVENT = new VideoEvent(VideoEventType.DECODER_RESOLUTION_CHANGED, 9);
    private static final ByteString EVENT_BYTES = ByteString.fromHex("00020000" + "09000000");

    private final RawVideoDialect device = new RawVideoDialect();
    private final RawVideoClientDialect driver = new RawVideoClientDialect();

    @Test
    void bytesOfTheCommandQueueAreACommand() {
        var inbound = (Inbound.Command<VideoCommand, VideoResponse, ControlQueueResponse>)
                decode(3, new RawChain(0, ByteString.fromHex("02010000" + "2a000000"), 8));

        assertThat(inbound.command()).isEqualTo(new VideoCommand.StreamDestroy(42));
        assertThat(driver.decodeResponse(
                        inbound.reply().message(new VideoResponse.Err(VideoResult.ERR_INVALID_STREAM_ID), TIMES)))
                .isEqualTo(new Outbound.Completion<>(3, ByteString.fromHex("02030000" + "00000000"), TIMES));
    }

    @Test
    void anAnswerIsCutToTheDriversBufferAndNothingIsWrittenBelowAHeader() {
        for (int writable = 0; writable < 40; writable++) {
            var inbound = (Inbound.Command<VideoCommand, VideoResponse, ControlQueueResponse>)
                    decode(3, new RawChain(0, ByteString.fromHex("02010000" + "2a000000"), writable));

            assertThat(inbound.reply()
                            .message(new VideoResponse.OkResourceQueue(1, 2, 3), TIMES)
                            .getUsed()
                            .getWritten()
                            .size())
                    .isEqualTo(writable < 8 ? 0 : Math.min(writable, 24));
        }
    }

    @Test
    void aCommandThatIsCutOffIsOneThatTheDeviceDoesNotHave() {
        ByteString getParams = ByteString.fromHex("08010000" + "01000000" + "00010000" + "00000000");
        for (int size = 0; size < 12; size++) {
            var inbound = (Inbound.Command<VideoCommand, VideoResponse, ControlQueueResponse>)
                    decode(3, new RawChain(0, getParams.substring(0, size), 8));

            assertThat(inbound.command()).isEqualTo(new VideoCommand.Unsupported(size >= 8 ? 1 : 0, 0));
        }
    }

    @Test
    void aQueueTypeThatDoesNotExistIsAnsweredWithInvalidParameter() {
        var inbound = (Inbound.BadCommand<VideoCommand, VideoResponse, ControlQueueResponse>)
                decode(3, new RawChain(0, ByteString.fromHex("08010000" + "01000000" + "02010000" + "00000000"), 8));

        assertThat(inbound.reply().message(inbound.answer(), TIMES).getUsed().getWritten())
                .isEqualTo(ByteString.fromHex("04030000" + "00000000"));
    }

    @Test
    void anEventFillsTheOldestBufferOfTheEventQueue() {
        assertThat(room(11, 8)).isEmpty();
        assertThat(room(12, 64)).isEmpty();

        assertThat(device.event(EVENT)).map(driver::decodeResponse).contains(filled(11));
        assertThat(device.event(EVENT)).map(driver::decodeResponse).contains(filled(12));
        assertThat(device.event(EVENT)).as("it waits").isEmpty();
        assertThat(room(13, 8)).map(driver::decodeResponse).contains(filled(13));
        assertThat(room(14, 8)).isEmpty();
    }

    @Test
    void aBufferTooSmallForAnEventComesBackEmpty() {
        assertThat(device.event(EVENT)).isEmpty();
        for (int writable = 0; writable < 8; writable++) {
            Optional<ControlQueueResponse> answer = room(5, writable);

            assertThat(answer).isPresent();
            assertThat(answer.orElseThrow().getUsed().getWritten()).isEmpty();
        }
        assertThat(room(6, 8)).map(driver::decodeResponse).contains(filled(6));
    }

    @Test
    void aResetForgetsBuffersAndEvents() {
        room(1, 8);
        device.reset();
        assertThat(device.event(EVENT)).as("the buffer is forgotten").isEmpty();
        device.reset();
        assertThat(room(2, 8)).as("the event is forgotten").isEmpty();
    }

    @Test
    void buffersAndEventsAreBounded() {
        for (int i = 0; i < EventRooms.MAX_ROOMS; i++) {
            assertThat(room(i, 8)).isEmpty();
        }
        assertThat(room(-1, 8)).isPresent();
        device.reset();

        for (int i = 0; i < EventRooms.MAX_WAITING + 10; i++) {
            assertThat(device.event(new VideoEvent(VideoEventType.ERROR, i))).isEmpty();
        }
        ControlQueueResponse oldest = room(1, 8).orElseThrow();
        assertThat(oldest.getUsed().getWritten())
                .isEqualTo(ByteString.copyFrom(VideoWire.encodeEvent(new VideoEvent(VideoEventType.ERROR, 10))));
    }

    @Test
    void everyCommandSurvivesTheTripThroughBytes() {
        RandomVideo random = new RandomVideo(21);
        for (int i = 0; i < 100; i++) {
            for (VideoCommand command : random.commands()) {
                if (command instanceof VideoCommand.QueryControl || command instanceof VideoCommand.SetControl) {
                    continue; // Bytes leave out the fields that a control does not have.
                }
                var inbound = (Inbound.Command<VideoCommand, VideoResponse, ControlQueueResponse>)
                        decode(i, new RawChain(0, ByteString.copyFrom(VideoWire.encodeCommand(command)), 8));
                assertThat(inbound.command()).isEqualTo(command);
            }
        }
    }

    @Test
    void aVirtqueueThatDoesNotExistIsAnsweredWithNothing() {
        var inbound = (Inbound.BadCommand<VideoCommand, VideoResponse, ControlQueueResponse>)
                decode(5, new RawChain(2, ByteString.EMPTY, 8));

        assertThat(inbound.reply().message(inbound.answer(), TIMES).getUsed().getWritten())
                .isEmpty();
    }

    @Test
    void randomBytesAlwaysHaveAMeaning() {
        Random random = new Random(22);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            if (bytes.length > 3 && random.nextBoolean()) {
                bytes[0] = (byte) random.nextInt(16);
                bytes[1] = 1;
                bytes[2] = 0;
                bytes[3] = 0;
            }
            assertThat(decode(i, new RawChain(0, ByteString.copyFrom(bytes), random.nextInt())))
                    .isInstanceOfAny(Inbound.Command.class, Inbound.BadCommand.class);
        }
    }

    private Inbound<VideoCommand, VideoResponse, ControlQueueResponse> decode(long sequence, RawChain chain) {
        return device.decode(driver.encodeCommand(sequence, chain));
    }

    private Optional<ControlQueueResponse> room(long sequence, int writable) {
        return ((Inbound.EventRoom<VideoCommand, VideoResponse, ControlQueueResponse>)
                        decode(sequence, new RawChain(1, ByteString.EMPTY, writable)))
                .waiting();
    }

    private static Outbound<ByteString, NoEvent> filled(long sequence) {
        return new Outbound.Completion<>(sequence, EVENT_BYTES, new Times(0, 0, BootId.UNKNOWN));
    }
}
