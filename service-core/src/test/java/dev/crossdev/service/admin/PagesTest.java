package dev.crossdev.service.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PagesTest {

    private static final List<String> ALL =
            IntStream.range(0, 2_500).mapToObj("%05d"::formatted).toList();

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 999, 1000, 5000})
    void allPagesTogetherAreTheList(int size) {
        List<String> seen = new ArrayList<>();
        String token = "";
        do {
            Pages.Page<String> page = Pages.cut(ALL, Function.identity(), size, token);
            assertThat(page.elements().size()).isLessThanOrEqualTo(size == 0 ? 100 : Math.min(size, 1000));
            seen.addAll(page.elements());
            token = page.nextToken();
        } while (!token.isEmpty());
        assertThat(seen).isEqualTo(ALL);
    }

    @Test
    void aPageThatEndsTheListExactlyHasNoNext() {
        assertThat(Pages.cut(List.of("a", "b"), Function.identity(), 2, "").nextToken())
                .isEmpty();
    }

    @Test
    void whatHasGoneMeanwhileHidesNothing() {
        String token = Pages.cut(List.of("a", "b", "c", "d"), Function.identity(), 2, "")
                .nextToken();
        assertThat(Pages.cut(List.of("a", "c", "d"), Function.identity(), 2, token)
                        .elements())
                .containsExactly("c", "d");
    }

    @Test
    void aNegativeSizeIsInvalid() {
        assertThatThrownBy(() -> Pages.cut(ALL, Function.identity(), -1, ""))
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL));
    }

    @ParameterizedTest
    @ValueSource(strings = {"!", "AAAA", "00001", "=", "Pg==="})
    void aTokenThatIsNoneIsNotFound(String token) {
        assertThatThrownBy(() -> Pages.cut(ALL, Function.identity(), 1, token))
                .isInstanceOfSatisfying(
                        ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));
    }
}
