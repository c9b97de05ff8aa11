package dev.crossdev.system;

import dev.crossdev.system.Dashboard.Panel;
import dev.crossdev.system.Prometheus.Sample;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The panels, their expressions and real answers, as {@code docs/refresh.sh} puts them into {@code docs/observability.md}.
 *
 * @param healthy what each expression answered with devices as fast as they can
 * @param slow with a slow gpu device
 * @param broken with a gpu device that answers twice or with an error
 */
record DashboardsPage(
        Map<String, List<Sample>> healthy, Map<String, List<Sample>> slow, Map<String, List<Sample>> broken) {

    private static final int SERIES = 3;

    String of(List<Dashboard> dashboards, String rateInterval) {
        StringBuilder page = new StringBuilder();
        for (Dashboard dashboard : dashboards) {
            page.append("### ").append(dashboard.json().path("title").asText()).append("\n\n");
            page.append(dashboard.json().path("description").asText()).append("\n\n");
            dashboard.panels().forEach(panel -> append(page, panel));
        }
        return page.toString();
    }

    private void append(StringBuilder page, Panel panel) {
        page.append("#### ").append(panel.title()).append("\n\n");
        page.append(panel.description()).append("\n\n");
        for (String expression : panel.expressions()) {
            page.append("```promql\n").append(expression).append("\n```\n\n");
            page.append("| | answered |\n|---|---|\n");
            append(page, "healthy", healthy.get(expression));
            append(page, "slow", slow.get(expression));
            append(page, "broken", broken.get(expression));
            page.append('\n');
        }
    }

    private static void append(StringBuilder page, String when, @Nullable List<Sample> samples) {
        page.append("| ").append(when).append(" | ");
        if (samples == null || samples.isEmpty()) {
            page.append("nothing |\n");
            return;
        }
        page.append(samples.stream()
                .sorted(Comparator.comparingDouble(Sample::value).reversed())
                .limit(SERIES)
                .map(DashboardsPage::text)
                .collect(Collectors.joining("<br>")));
        if (samples.size() > SERIES) {
            page.append("<br>and ").append(samples.size() - SERIES).append(" more");
        }
        page.append(" |\n");
    }

    private static String text(Sample sample) {
        String labels = sample.labels().entrySet().stream()
                .filter(label ->
                        !label.getKey().equals("instance") && !label.getKey().equals("__name__"))
                .sorted(Map.Entry.comparingByKey())
                .map(label -> label.getKey() + "=" + label.getValue())
                .collect(Collectors.joining(" "));
        return (labels.isEmpty() ? "" : labels + ": ") + "**" + String.format(Locale.ROOT, "%.4g", sample.value())
                + "**";
    }
}
