package dev.crossdev.dmabuf.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryRoomTest {
    @TempDir
    Path folder;

    private Path ownGroup;
    private Path group;

    @BeforeEach
    void makeGroup() throws IOException {
        ownGroup = Files.writeString(folder.resolve("own"), "1:name=systemd:/old\n0::/pod/container\n");
        group = Files.createDirectories(folder.resolve("groups/pod/container"));
    }

    @Test
    void theMachinesRoomIsWhatTheKernelCallsAvailable() throws IOException {
        assertThat(machine("MemTotal: 10 kB\nMemFree: 1 kB\nMemAvailable:     7 kB\n"))
                .isEqualTo(7 * 1024);
        assertThat(machine("MemTotal: 10 kB\n")).isEqualTo(Long.MAX_VALUE);
        assertThat(machine("MemAvailable: lots kB\n")).isEqualTo(Long.MAX_VALUE);
        assertThat(MemoryRoom.machine(folder.resolve("missing"))).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void aContainersRoomIsItsLimitLessWhatItUsesButForWhatCanBeDropped() throws IOException {
        Files.writeString(group.resolve("memory.max"), "1000\n");
        assertThat(room()).as("use unknown").isEqualTo(1000);
        Files.writeString(group.resolve("memory.current"), "900\n");
        assertThat(room()).isEqualTo(100);
        Files.writeString(group.resolve("memory.stat"), "anon 700\ninactive_file 150\nactive_file 50\n");
        assertThat(room()).isEqualTo(250);
        Files.writeString(group.resolve("memory.current"), "9000\n");
        assertThat(room()).as("over the limit").isZero();
    }

    @Test
    void noLimitIsNoLimit() throws IOException {
        assertThat(room()).isEqualTo(Long.MAX_VALUE);
        Files.writeString(group.resolve("memory.max"), "max\n");
        assertThat(room()).isEqualTo(Long.MAX_VALUE);
        Files.writeString(group.resolve("memory.max"), "");
        assertThat(room()).isEqualTo(Long.MAX_VALUE);
        Files.writeString(ownGroup, "3:memory:/v1\n");
        assertThat(room()).isEqualTo(Long.MAX_VALUE);
    }

    private long room() {
        return MemoryRoom.group(ownGroup, folder.resolve("groups"));
    }

    private long machine(String meminfo) throws IOException {
        return MemoryRoom.machine(Files.writeString(folder.resolve("meminfo"), meminfo));
    }
}
