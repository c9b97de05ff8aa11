package dev.crossdev.cli.run;

import java.io.PrintWriter;

/**
 * Says what is going on: one line that is written over on a terminal; elsewhere a line when a new phase begins, and now and
 * then within it.
 */
public final class Progress implements AutoCloseable {

    private static final long LINE_EVERY_NANOS = 5_000_000_000L;

    private final PrintWriter out;
    private final boolean terminal;
    private int shown;
    private String phase = "";
    private long lastLineNanos = System.nanoTime();

    public Progress(PrintWriter out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    /** A step; what stands before its first comma or colon is the phase. */
    public void step(String line) {
        String phaseOfLine = line.split("[,:]", 2)[0];
        if (terminal) {
            out.print("\r" + line + " ".repeat(Math.max(0, shown - line.length())));
            shown = line.length();
        } else if (!phaseOfLine.equals(phase) || System.nanoTime() - lastLineNanos >= LINE_EVERY_NANOS) {
            phase = phaseOfLine;
            lastLineNanos = System.nanoTime();
            out.println(line);
        }
        out.flush();
    }

    /** A line that stays. */
    public void say(String line) {
        close();
        out.println(line);
        out.flush();
    }

    @Override
    public void close() {
        if (shown > 0) {
            out.print("\r" + " ".repeat(shown) + "\r");
            out.flush();
            shown = 0;
        }
    }
}
