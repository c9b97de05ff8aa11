package dev.crossdev.cli.top;

import dev.crossdev.cli.admin.ServiceClients;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Looks at services again and again.
 *
 * @param guest empty for all
 * @param every from one look to the next
 * @param count looks after which it ends; null for none
 */
public record Top(
        Optional<String> guest, Duration every, @Nullable Long count) {

    /** On the whole screen, until the person leaves. */
    public void live(ServiceClients clients) {
        TopSample before = null;
        TopSample now = first(clients);
        try (TopScreen screen = new TopScreen()) {
            for (long shown = 1; ; shown++) {
                screen.show(heading() + ", q quits", TopView.of(before, now, screen.height()));
                if (count != null && shown >= count || screen.isLeft(every)) {
                    return;
                }
                before = now;
                now = TopSample.take(clients, guest);
            }
        }
    }

    /** One after another, parted by empty lines, the first when there are rates. */
    public void batch(ServiceClients clients, PrintWriter out) throws InterruptedException {
        TopSample before = first(clients);
        for (long shown = 0; count == null || shown < count; shown++) {
            Thread.sleep(every);
            TopSample now = TopSample.take(clients, guest);
            out.println(heading());
            TopView.of(before, now, Integer.MAX_VALUE).forEach(out::println);
            out.println();
            out.flush();
            before = now;
        }
    }

    /** When nobody answers at the beginning, the address is wrong; later a service may be on its way back. */
    private TopSample first(ServiceClients clients) {
        TopSample sample = TopSample.take(clients, guest);
        if (sample.services().isEmpty()) {
            throw sample.missing().values().iterator().next();
        }
        return sample;
    }

    private String heading() {
        return "crossdev top  " + LocalTime.now(ZoneId.systemDefault()).truncatedTo(ChronoUnit.SECONDS) + ", every "
                + (every.toMillis() % 1000 == 0 ? every.toSeconds() + " s" : every.toMillis() + " ms");
    }
}
