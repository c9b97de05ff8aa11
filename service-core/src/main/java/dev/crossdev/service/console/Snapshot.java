package dev.crossdev.service.console;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The console's state at one moment, written down once for all who look.
 *
 * @param sections each with the number of the snapshot in which it changed last
 * @param registrations by the version that a browser has seen: what has come since
 * @param registrationsVersion up to which those tell
 * @param clock the time here
 */
record Snapshot(
        long number,
        Map<Section, Versioned> sections,
        Map<Long, byte[]> registrations,
        long registrationsVersion,
        byte[] clock) {

    record Versioned(long since, byte[] json) {}

    /**
     * Looks.
     *
     * @param before the snapshot before this one
     * @param seen the versions of registrations that browsers have seen
     */
    static Snapshot of(ConsoleState state, @Nullable Snapshot before, Set<Long> seen) {
        long number = before == null ? 1 : before.number + 1;
        Map<Section, Versioned> sections = new EnumMap<>(Section.class);
        state.sections().forEach((section, json) -> {
            Versioned old = before == null ? null : before.sections.get(section);
            sections.put(section, old != null && Arrays.equals(old.json, json) ? old : new Versioned(number, json));
        });
        // Before what it tells of: whatever comes in between is told twice rather than never.
        long version = state.registrationsVersion();
        Map<Long, byte[]> registrations = new HashMap<>();
        for (long each : seen) {
            if (each < version) {
                registrations.put(each, state.registrationsSince(each));
            }
        }
        return new Snapshot(number, sections, registrations, version, state.clock());
    }
}
