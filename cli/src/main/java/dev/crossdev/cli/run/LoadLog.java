package dev.crossdev.cli.run;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.crossdev.guest.load.Load;
import dev.crossdev.guest.load.LoadListener;
import dev.crossdev.guest.load.LoadTotals;
import dev.crossdev.guest.load.RoundOutcome;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * What a load says: how far it is, every ten seconds, and each kind of trouble when it begins. Trouble that goes on is in
 * the numbers.
 */
public final class LoadLog implements LoadListener, AutoCloseable {

    private static final Duration INTERVAL = Duration.ofSeconds(10);

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);

    private static final ObjectMapper JSON = new ObjectMapper();

    private final PrintWriter out;
    private final boolean json;
    private final CountDownLatch closed = new CountDownLatch(1);
    private String trouble = "";
    private boolean connected;

    /** @param json an object for each line, as the services' {@code crossdev.log.json} has them, with the numbers as fields */
    public LoadLog(PrintWriter out, boolean json) {
        this.out = out;
        this.json = json;
    }

    /** Runs the load and says how it goes. */
    public LoadTotals follow(Load load) throws InterruptedException {
        Thread.ofVirtual().name("load-log").start(() -> {
            try {
                while (!closed.await(INTERVAL.toMillis(), TimeUnit.MILLISECONDS)) {
                    say("", load.totals());
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        try {
            return load.run();
        } finally {
            close();
            say("ended: ", load.totals());
        }
    }

    /** One line, with the time. */
    public void say(String line) {
        write(line, Map.of());
    }

    private void say(String before, LoadTotals totals) {
        Map<String, Long> numbers = new LinkedHashMap<>();
        numbers.put("rounds", totals.rounds());
        numbers.put("ok", totals.ok());
        numbers.put("damaged", totals.damaged());
        numbers.put("failed", totals.failed());
        numbers.put("gone", totals.gone());
        numbers.put("reconnects", totals.reconnects());
        write(before + describe(totals), numbers);
    }

    private synchronized void write(String line, Map<String, Long> numbers) {
        if (json) {
            ObjectNode fields = JSON.createObjectNode();
            fields.put("timestamp", Instant.now().toString()).put("message", line);
            numbers.forEach(fields::put);
            out.println(fields);
        } else {
            out.printf("%s  %s%n", LocalTime.now(ZoneId.systemDefault()).format(TIME), line);
        }
        out.flush();
    }

    @Override
    public void roundFailed(RoundOutcome outcome, String why) {
        inTrouble("round " + outcome.name().toLowerCase(Locale.ROOT) + ": " + why);
    }

    @Override
    public void unreachable(String why) {
        inTrouble(why);
    }

    @Override
    public synchronized void connected() {
        connected = true;
        trouble = "";
        say("connected");
    }

    public synchronized boolean wasConnected() {
        return connected;
    }

    /** The latest, or nothing. */
    public synchronized String latestTrouble() {
        return trouble;
    }

    @Override
    public void close() {
        closed.countDown();
    }

    private synchronized void inTrouble(String line) {
        if (!line.equals(trouble)) {
            trouble = line;
            say(line);
        }
    }

    private static String describe(LoadTotals totals) {
        return "%d rounds: %d ok, %d damaged, %d failed, %d lost their service; %d reconnects"
                .formatted(
                        totals.rounds(),
                        totals.ok(),
                        totals.damaged(),
                        totals.failed(),
                        totals.gone(),
                        totals.reconnects());
    }
}
