package dev.crossdev.grpc.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.protobuf.ByteString;
import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.proto.device.v1.Uuid;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamesAndIdsTest {

    private static final UUID ID = UUID.fromString("00112233-4455-4677-8899-aabbccddeeff");

    @ParameterizedTest
    @ValueSource(
            strings = {"a", "vm0", "a-b.c", "0", "a23456789012345678901234567890123456789012345678901234567890123"})
    void namesOfLettersDigitsDotsAndDashesAreTaken(String name) {
        assertThat(Names.device(name)).isEqualTo(name);
        assertThat(Names.guest(name)).isEqualTo(name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "A",
                "-a",
                "a-",
                ".a",
                "a.",
                "a/b",
                "a b",
                "ü",
                "a\n",
                "../x",
                "a234567890123456789012345678901234567890123456789012345678901234"
            })
    void otherNamesAreRefused(String name) {
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(() -> Names.device(name))
                .returns(Errno.EINVAL, ErrnoException::errno);
        assertThatExceptionOfType(ErrnoException.class).isThrownBy(() -> Names.guest(name));
    }

    @Test
    void aBlankGuestIsTheDefaultOneAndABlankDeviceIsNone() {
        assertThat(Names.guest("")).isEqualTo("default");
        assertThat(Names.guest("  ")).isEqualTo("default");
        assertThatExceptionOfType(ErrnoException.class).isThrownBy(() -> Names.device(""));
    }

    @Test
    void aLongNameIsNotRepeatedInFull() {
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(() -> Names.device("x".repeat(100_000)))
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(300));
    }

    @Test
    void uuidsLieInTheirOrderAndCarryTheirText() {
        Uuid message = Uuids.toProto(ID);

        assertThat(message.getValue()).isEqualTo(ByteString.fromHex("00112233445546778899aabbccddeeff"));
        assertThat(message.getText()).isEqualTo("00112233-4455-4677-8899-aabbccddeeff");
        assertThat(Uuids.fromProto(message)).isEqualTo(ID);
        assertThat(Uuids.fromProto(Uuids.toBareProto(ID))).isEqualTo(ID);
    }

    @Test
    void theBytesOfAUuidWinOverItsText() {
        Uuid message = Uuids.toProto(ID).toBuilder().setText("nonsense").build();

        assertThat(Uuids.fromProto(message)).isEqualTo(ID);
    }

    @Test
    void everyOtherNumberOfBytesIsRefused() {
        for (int size = 1; size < 64; size++) {
            ByteString bytes = ByteString.copyFrom(new byte[size]);
            if (size != 16) {
                assertThatExceptionOfType(ErrnoException.class)
                        .isThrownBy(() -> Uuids.fromProto(
                                Uuid.newBuilder().setValue(bytes).build()))
                        .returns(Errno.EINVAL, ErrnoException::errno);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "1-1-1-1-1",
                "00112233-4455-4677-8899-aabbccddeef",
                "00112233-4455-4677-8899-aabbccddeefff",
                "00112233-4455-4677-8899-aabbccddeefg",
                "001122334455467788990aabbccddeeff0000",
                "0000000000112233-4455-4677-8899-aabbc",
                "0112233-04455-4677-8899-aabbccddeeff"
            })
    void textThatIsNotCanonicalIsRefused(String text) {
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(() -> Uuids.fromText(text))
                .returns(Errno.EINVAL, ErrnoException::errno);
    }

    @Test
    void upperCaseTextIsTheSameUuid() {
        assertThat(Uuids.fromText("00112233-4455-4677-8899-AABBCCDDEEFF")).isEqualTo(ID);
    }

    @Test
    void theKernelsBootIdIsReadAndUnknownWhereThereIsNone(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("boot_id"), ID + "\n");

        assertThat(BootId.read(file)).isEqualTo(new BootId(Uuids.toBytes(ID)));
        assertThat(BootId.read(folder.resolve("absent"))).isEqualTo(BootId.UNKNOWN);
        assertThat(BootId.read(Files.writeString(folder.resolve("rubbish"), "rubbish")))
                .isEqualTo(BootId.UNKNOWN);
    }

    @Test
    void onlyTwoKnownAndEqualBootIdsAreOneMachine() {
        BootId one = new BootId(Uuids.toBytes(ID));

        assertThat(one.isSameMachine(BootId.of(Uuids.toBytes(ID)))).isTrue();
        assertThat(one.isSameMachine(BootId.UNKNOWN)).isFalse();
        assertThat(BootId.UNKNOWN.isSameMachine(BootId.UNKNOWN)).isFalse();
        assertThat(BootId.of(ByteString.copyFromUtf8("short"))).isEqualTo(BootId.UNKNOWN);
        assertThat(BootId.local().isSameMachine(BootId.local())).isTrue();
    }
}
