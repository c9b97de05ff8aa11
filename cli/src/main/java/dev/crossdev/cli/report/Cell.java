package dev.crossdev.cli.report;

import dev.crossdev.guest.strategy.RegistrationStrategy;
import java.util.Comparator;

/** What the rounds of one median have in common, in the order of the table. */
record Cell(
        long serviceMicros,
        long gpuTransitMicros,
        long videoTransitMicros,
        int buffers,
        boolean batch,
        RegistrationStrategy strategy)
        implements Comparable<Cell> {

    private static final Comparator<Cell> ORDER = Comparator.comparingLong(Cell::serviceMicros)
            .thenComparingLong(Cell::gpuTransitMicros)
            .thenComparing(Comparator.comparingLong(Cell::videoTransitMicros).reversed())
            .thenComparingInt(Cell::buffers)
            .thenComparing(Cell::batch)
            .thenComparing(Cell::strategy);

    @Override
    public int compareTo(Cell other) {
        return ORDER.compare(this, other);
    }
}
