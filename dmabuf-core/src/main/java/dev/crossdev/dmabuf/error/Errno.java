package dev.crossdev.dmabuf.error;

import java.util.HashMap;
import java.util.Map;

/**
 * The error numbers of Linux that dma-buf, virtio and Unix sockets use. The numbers are those of asm-generic/errno.h,
 * the same on x86_64 and arm64.
 */
public enum Errno {
    EPERM(1),
    ENOENT(2),
    EINTR(4),
    EIO(5),
    ENXIO(6),
    E2BIG(7),
    EBADF(9),
    EAGAIN(11),
    ENOMEM(12),
    EACCES(13),
    EFAULT(14),
    EBUSY(16),
    EEXIST(17),
    ENODEV(19),
    ENOTDIR(20),
    EISDIR(21),
    EINVAL(22),
    ENFILE(23),
    EMFILE(24),
    ENOTTY(25),
    EFBIG(27),
    ENOSPC(28),
    EROFS(30),
    EPIPE(32),
    ERANGE(34),
    ENAMETOOLONG(36),
    ENOSYS(38),
    EPROTO(71),
    EBADMSG(74),
    EOVERFLOW(75),
    ENOTSOCK(88),
    EMSGSIZE(90),
    EPROTOTYPE(91),
    EOPNOTSUPP(95),
    EADDRINUSE(98),
    ENETDOWN(100),
    ECONNABORTED(103),
    ECONNRESET(104),
    ENOBUFS(105),
    ENOTCONN(107),
    ETIMEDOUT(110),
    ECONNREFUSED(111),
    EHOSTUNREACH(113),
    EINPROGRESS(115),
    ESTALE(116),
    ECANCELED(125),
    ENOKEY(126);

    private static final Map<Integer, Errno> BY_NUMBER = byNumber();

    private final int number;

    Errno(int number) {
        this.number = number;
    }

    /** The positive number that the kernel uses. */
    public int number() {
        return number;
    }

    /** The constant of a positive errno number; {@link #EIO} for one that is not listed here. */
    public static Errno of(int number) {
        return BY_NUMBER.getOrDefault(number, EIO);
    }

    private static Map<Integer, Errno> byNumber() {
        Map<Integer, Errno> map = new HashMap<>();
        for (Errno errno : values()) {
            map.put(errno.number, errno);
        }
        return Map.copyOf(map);
    }
}
