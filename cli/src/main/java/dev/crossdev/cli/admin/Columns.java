package dev.crossdev.cli.admin;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Rows of text as aligned lines. */
public final class Columns {

    private final List<List<String>> rows = new ArrayList<>();

    public Columns(String... heading) {
        rows.add(List.of(heading));
    }

    /** As many as the heading has. */
    public void row(String... cells) {
        rows.add(List.of(cells));
    }

    /** Without line breaks, and nothing blank at their ends. */
    public List<String> lines() {
        int[] widths = new int[rows.getFirst().size()];
        rows.forEach(row -> {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        });
        return rows.stream()
                .map(row -> {
                    StringBuilder line = new StringBuilder();
                    for (int i = 0; i < widths.length; i++) {
                        line.append(row.get(i))
                                .append(" ".repeat(widths[i] - row.get(i).length() + 2));
                    }
                    return line.toString().stripTrailing();
                })
                .toList();
    }

    /** A dash where there is nothing to say. */
    public static String orDash(String text) {
        return text.isEmpty() ? "-" : text;
    }

    /** Three digits and a binary unit. */
    public static String bytes(long bytes) {
        if (bytes < 1024) {
            return Long.toString(bytes);
        }
        double value = bytes;
        int unit = -1;
        while (value >= 1024 && unit < 4) {
            value /= 1024;
            unit++;
        }
        return String.format(Locale.ROOT, value < 10 ? "%.1f%cB" : "%.0f%cB", value, "KMGTP".charAt(unit));
    }
}
