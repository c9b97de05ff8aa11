package dev.crossdev.dmabuf.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.dmabuf.error.Errno;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryTokenTest {
    @Test
    void readsAndWritesItsBytesInOrder() {
        byte[] bytes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, (byte) 0xff};

        assertThat(MemoryToken.ofBytes(bytes)).hasToString("000102030405060708090a0b0c0d0eff");
        assertThat(MemoryToken.ofBytes(bytes).bytes()).isEqualTo(bytes);
        assertThat(MemoryToken.parse("000102030405060708090a0b0c0d0eff")).isEqualTo(MemoryToken.ofBytes(bytes));
    }

    @Test
    void isAnotherEachTime() {
        Set<MemoryToken> tokens = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            tokens.add(MemoryToken.random());
        }
        assertThat(tokens).hasSize(1000);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "00", "000102030405060708090a0b0c0d0e0", "000102030405060708090a0b0c0d0efg", "nonsense"})
    void ofAnythingElseIsEinval(String text) {
        SharedMemoryTest.assertErrno(Errno.EINVAL, () -> MemoryToken.parse(text));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 15, 17})
    void ofAnotherLengthIsEinval(int length) {
        SharedMemoryTest.assertErrno(Errno.EINVAL, () -> MemoryToken.ofBytes(new byte[length]));
    }
}
