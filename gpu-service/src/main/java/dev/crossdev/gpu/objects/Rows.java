package dev.crossdev.gpu.objects;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.error.ErrnoException;
import dev.crossdev.proto.objects.v1.WriteStart;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Where the bytes of a write go: one row after another, the first at the beginning of the written range.
 *
 * @param length bytes of all rows
 * @param row bytes of one
 * @param stride bytes from one row's first to the next one's
 */
record Rows(long length, long row, long stride) {

    /**
     * As a write announced them.
     *
     * @throws ErrnoException EINVAL for rows that are not whole or overlap
     */
    static Rows of(WriteStart start) {
        long length = start.getLength();
        if (start.getRow() == 0) {
            return new Rows(length, length, length);
        }
        Rows rows = new Rows(length, start.getRow(), start.getStride());
        if (length <= 0 || rows.row < 0 || length % rows.row != 0 || rows.stride < rows.row) {
            throw new ErrnoException(
                    Errno.EINVAL,
                    Long.toUnsignedString(length) + " bytes are no rows of " + Long.toUnsignedString(rows.row) + ", "
                            + Long.toUnsignedString(rows.stride) + " apart");
        }
        return rows;
    }

    /**
     * From the first row's first byte to the last one's last.
     *
     * @throws ErrnoException EINVAL when no object can be that large
     */
    long span() {
        if (length <= 0) {
            return length;
        }
        try {
            return Math.addExact(Math.multiplyExact(length / row - 1, stride), row);
        } catch (ArithmeticException e) {
            throw new ErrnoException(Errno.EINVAL, "rows that lie " + stride + " bytes apart end nowhere", e);
        }
    }

    /**
     * Adds where a run of the bytes goes.
     *
     * @param at bytes among them before the run's first
     * @param patches offsets from the beginning of the range
     */
    void place(long at, MemorySegment run, List<Patch> patches) {
        long done = 0;
        while (done < run.byteSize()) {
            long within = (at + done) % row;
            long part = Math.min(row - within, run.byteSize() - done);
            patches.add(new Patch((at + done) / row * stride + within, run.asSlice(done, part)));
            done += part;
        }
    }
}
