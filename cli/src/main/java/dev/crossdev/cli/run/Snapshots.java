package dev.crossdev.cli.run;

import dev.crossdev.cli.report.HtmlReport.Picture;
import dev.crossdev.cli.report.Png;
import dev.crossdev.guest.harness.CapturedFrame;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** Keeps some of the frames that a scanout showed, as PNG. */
final class Snapshots implements Consumer<CapturedFrame> {

    private final Set<Integer> numbers;
    private final List<Picture> pictures = new ArrayList<>();

    /** @param numbers of the frames to keep, from 0, in display order */
    Snapshots(Set<Integer> numbers) {
        this.numbers = numbers;
    }

    @Override
    public void accept(CapturedFrame frame) {
        if (numbers.contains(frame.shown().number())) {
            pictures.add(new Picture(
                    "frame " + frame.shown().number(), Png.of(frame.width(), frame.height(), frame.bgra())));
        }
    }

    List<Picture> pictures() {
        return List.copyOf(pictures);
    }
}
