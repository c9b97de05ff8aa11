package dev.crossdev.service.admin;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;

/**
 * Lists in pages, as AIP-158 has them. A token names the position of the last element of its page, so what comes and goes
 * in between neither repeats nor hides the others.
 */
final class Pages {

    private static final int DEFAULT_SIZE = 100;
    private static final int MAX_SIZE = 1000;

    /** In front of a position, so that a token of something else is known as such. */
    private static final char MARK = '>';

    private Pages() {}

    /**
     * One page.
     *
     * @param nextToken empty on the last page
     */
    record Page<T>(List<T> elements, String nextToken) {}

    /**
     * @param position of an element: unique, and lists are in its order
     * @param size 0 means the default; more than the limit means the limit
     * @param token empty means the first page
     * @throws ErrnoException EINVAL for a negative size, ENOENT for a token that is none
     */
    static <T> Page<T> cut(List<T> all, Function<T, String> position, int size, String token) {
        if (size < 0) {
            throw new ErrnoException(Errno.EINVAL, "a page cannot have " + size + " elements");
        }
        int count = size == 0 ? DEFAULT_SIZE : Math.min(size, MAX_SIZE);
        String after = decode(token);
        List<T> rest = all.stream()
                .filter(element -> position.apply(element).compareTo(after) > 0)
                .sorted(Comparator.comparing(position))
                .limit(count + 1L)
                .toList();
        if (rest.size() <= count) {
            return new Page<>(rest, "");
        }
        List<T> page = rest.subList(0, count);
        return new Page<>(page, encode(position.apply(page.getLast())));
    }

    private static String encode(String position) {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString((MARK + position).getBytes(StandardCharsets.UTF_8));
    }

    private static String decode(String token) {
        if (token.isEmpty()) {
            return "";
        }
        try {
            String text = new String(Base64.getUrlDecoder().decode(token), StandardCharsets.UTF_8);
            if (!text.isEmpty() && text.charAt(0) == MARK) {
                return text.substring(1);
            }
        } catch (IllegalArgumentException e) {
            throw new ErrnoException(Errno.ENOENT, "no such page", e);
        }
        throw new ErrnoException(Errno.ENOENT, "no such page");
    }
}
