package dev.crossdev.cli.top;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jline.terminal.Attributes;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStyle;
import org.jline.utils.Display;
import org.jline.utils.InfoCmp.Capability;
import org.jline.utils.NonBlockingReader;

/** A terminal's whole screen, until it is closed; what was on it before is there again then. */
final class TopScreen implements AutoCloseable {

    /** Between two looks at whether Ctrl-C was typed. */
    private static final long TICK_MILLIS = 100;

    private final Terminal terminal;
    private final Attributes before;
    private final Display display;
    private final AtomicBoolean interrupted = new AtomicBoolean();

    TopScreen() {
        try {
            terminal = TerminalBuilder.builder().system(true).build();
        } catch (IOException e) {
            throw new UncheckedIOException("this terminal cannot be used: --batch prints instead", e);
        }
        before = terminal.enterRawMode();
        // Not an interrupt that ends the process: the screen is to be given back first.
        terminal.handle(Terminal.Signal.INT, signal -> interrupted.set(true));
        terminal.puts(Capability.enter_ca_mode);
        terminal.puts(Capability.cursor_invisible);
        display = new Display(terminal, true);
    }

    /** Lines that fit on it under the heading. */
    int height() {
        return Math.max(1, terminal.getHeight() - 2);
    }

    /** Shows this and nothing else; what does not fit is cut off. */
    void show(String heading, List<String> lines) {
        Size size = terminal.getSize();
        display.resize(size.getRows(), size.getColumns());
        List<AttributedString> all = new ArrayList<>();
        all.add(new AttributedString(heading, AttributedStyle.BOLD));
        all.add(AttributedString.EMPTY);
        lines.forEach(line -> all.add(new AttributedString(line)));
        display.update(
                all.stream()
                        .limit(size.getRows())
                        .map(line -> line.columnSubSequence(0, size.getColumns()))
                        .toList(),
                -1);
        terminal.flush();
    }

    /** Waits so long, or until a person has had enough. */
    boolean isLeft(Duration wait) {
        NonBlockingReader keys = terminal.reader();
        long end = System.nanoTime() + wait.toNanos();
        try {
            while (!interrupted.get() && System.nanoTime() < end) {
                int key = keys.read(TICK_MILLIS);
                if (key == 'q' || key == 'Q' || key == NonBlockingReader.EOF) {
                    return true;
                }
            }
        } catch (IOException e) {
            return true;
        }
        return interrupted.get();
    }

    @Override
    public void close() {
        try (terminal) {
            terminal.puts(Capability.cursor_visible);
            terminal.puts(Capability.exit_ca_mode);
            terminal.setAttributes(before);
            terminal.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
