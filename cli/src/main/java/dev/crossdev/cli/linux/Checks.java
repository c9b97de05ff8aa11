package dev.crossdev.cli.linux;

import java.io.PrintWriter;

/** What must hold, said as it is found. */
final class Checks {

    private final PrintWriter out;
    private boolean held = true;

    Checks(PrintWriter out) {
        this.out = out;
    }

    void say(String line) {
        out.println(line);
        out.flush();
    }

    /** @param detail what was seen */
    void check(boolean holds, String what, String detail) {
        held &= holds;
        say(String.format("  %-6s%-64s%s", holds ? "ok" : "WRONG", what, detail).stripTrailing());
    }

    boolean held() {
        return held;
    }
}
