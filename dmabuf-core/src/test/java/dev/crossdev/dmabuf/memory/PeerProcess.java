package dev.crossdev.dmabuf.memory;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.crossdev.dmabuf.fence.FenceSlot;
import dev.crossdev.dmabuf.fence.FenceTable;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The second process of {@link TwoProcessesTest}: gets a buffer and a fence table, puts a memory of its own, and then does
 * what each line on its standard input says, answering with one line.
 */
final class PeerProcess {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int HOLDER = 2;

    private PeerProcess() {}

    /** Arguments: socket, token of the buffer, token of the fence table, slot. */
    @SuppressWarnings("SystemOut")
    public static void main(String... args) throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (DescriptorClient client = DescriptorClient.connect(Path.of(args[0]), PATIENCE);
                SharedMemory buffer = client.get(MemoryToken.parse(args[1]), 4096);
                FenceTable fences = FenceTable.open(client.get(MemoryToken.parse(args[2]), 64));
                SharedMemory own = SharedMemory.create("peer", 4096)) {
            own.segment().set(JAVA_LONG, 0, ProcessHandle.current().pid());
            FenceSlot slot = fences.slot(Integer.parseInt(args[3]));
            System.out.println(client.put(own));
            String line = lines.readLine();
            while (line != null) {
                System.out.println(answer(line, buffer, slot));
                line = lines.readLine();
            }
        }
    }

    private static String answer(String line, SharedMemory buffer, FenceSlot slot) {
        String[] words = line.split(" ", -1);
        return switch (words[0]) {
            case "read" -> Long.toString(buffer.segment().get(JAVA_LONG, Long.parseLong(words[1])));
            case "write" -> {
                buffer.segment().set(JAVA_LONG, Long.parseLong(words[1]), Long.parseLong(words[2]));
                yield "written";
            }
            case "begin" -> Boolean.toString(slot.tryAcquireWrite(HOLDER, Duration.ofMillis(Long.parseLong(words[1]))));
            case "end" -> Boolean.toString(slot.releaseWrite(HOLDER, false));
            case "writing" -> Boolean.toString(slot.writing());
            case "count" -> count(Integer.parseInt(words[1]), buffer, slot);
            default -> throw new IllegalArgumentException(line);
        };
    }

    /** Adds one to the number at 0 so many times, each under a WRITE fence: plain accesses, ordered by the fence alone. */
    private static String count(int times, SharedMemory buffer, FenceSlot slot) {
        for (int i = 0; i < times; i++) {
            slot.acquireWrite(HOLDER, PATIENCE, PATIENCE);
            buffer.segment().set(JAVA_LONG, 0, buffer.segment().get(JAVA_LONG, 0) + 1);
            if (!slot.releaseWrite(HOLDER, false)) {
                return "lost a fence";
            }
        }
        return "counted";
    }
}
