package dev.crossdev.benchmarks;

import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Runs benchmarks with the allocation profiler and prints each beside its class's reference. Of the times the median counts:
 * a mean on a busy machine is mostly the time in which the thread did not run.
 */
final class Benchmarks {

    private static final String ALLOCATED = "gc.alloc.rate.norm";

    private Benchmarks() {}

    public static void main(String[] arguments) throws Exception {
        Collection<RunResult> results = new Runner(new OptionsBuilder()
                        .parent(new CommandLineOptions(arguments))
                        .addProfiler(GCProfiler.class)
                        .build())
                .run();
        Map<String, Double> references = new TreeMap<>();
        results.stream()
                .filter(result -> method(result).equals("reference"))
                .forEach(result -> references.put(type(result), score(result)));
        System.out.printf(
                "%n%-40s %12s %14s %12s %12s %12s%n",
                "", "median ns/op", "x reference", "p90 ns/op", "p99 ns/op", "bytes/op");
        for (RunResult result : results) {
            Result<?> allocated = result.getSecondaryResults().get(ALLOCATED);
            System.out.printf(
                    "%-40s %12.1f %14.1f %12.1f %12.1f %12.3f%n",
                    type(result) + "." + method(result),
                    score(result),
                    score(result) / references.getOrDefault(type(result), Double.NaN),
                    result.getPrimaryResult().getStatistics().getPercentile(90),
                    result.getPrimaryResult().getStatistics().getPercentile(99),
                    allocated == null ? Double.NaN : allocated.getScore());
        }
    }

    private static double score(RunResult result) {
        return result.getPrimaryResult().getStatistics().getPercentile(50);
    }

    private static String method(RunResult result) {
        String name = result.getParams().getBenchmark();
        return name.substring(name.lastIndexOf('.') + 1);
    }

    private static String type(RunResult result) {
        String name = result.getParams().getBenchmark();
        String type = name.substring(0, name.lastIndexOf('.'));
        return type.substring(type.lastIndexOf('.') + 1);
    }
}
