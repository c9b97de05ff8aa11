package dev.crossdev.dmabuf.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ErrnoTest {
    @ParameterizedTest
    @CsvSource({
        "EPERM,1",
        "ENOENT,2",
        "EINTR,4",
        "EIO,5",
        "EBADF,9",
        "EAGAIN,11",
        "ENOMEM,12",
        "EACCES,13",
        "EBUSY,16",
        "EEXIST,17",
        "ENODEV,19",
        "EINVAL,22",
        "EMFILE,24",
        "ENOTTY,25",
        "ENOSPC,28",
        "EPIPE,32",
        "ENOSYS,38",
        "EPROTO,71",
        "EOVERFLOW,75",
        "EADDRINUSE,98",
        "ECONNRESET,104",
        "ETIMEDOUT,110",
        "ECONNREFUSED,111",
        "ECANCELED,125"
    })
    void hasTheKernelsNumbers(Errno errno, int number) {
        assertThat(errno.number()).isEqualTo(number);
    }

    @ParameterizedTest
    @EnumSource
    void isFoundByItsNumber(Errno errno) {
        assertThat(Errno.of(errno.number())).isSameAs(errno);
    }

    @Test
    void hasNoNumberTwice() {
        assertThat(Arrays.stream(Errno.values()).map(Errno::number)).doesNotHaveDuplicates();
    }

    @Test
    void isEioForANumberThatNobodyListed() {
        assertThat(Errno.of(4095)).isEqualTo(Errno.EIO);
        assertThat(Errno.of(0)).isEqualTo(Errno.EIO);
    }

    @Test
    void tellsTheTwoReasonsForEnodevApartByType() {
        ErrnoException failed = new RegistrationFailedException("answered 0x1203");
        ErrnoException gone = new DeviceGoneException("unplugged");

        assertThat(failed.errno()).isEqualTo(Errno.ENODEV);
        assertThat(gone.errno()).isEqualTo(Errno.ENODEV);
        assertThat(failed).hasToString("RegistrationFailedException: ENODEV: answered 0x1203");
    }
}
