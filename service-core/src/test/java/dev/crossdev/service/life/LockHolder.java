package dev.crossdev.service.life;

import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Another process, which locks a file, says {@code L} and waits to be killed. */
final class LockHolder {

    private LockHolder() {}

    public static void main(String[] arguments) throws Exception {
        try (FileChannel channel = FileChannel.open(Path.of(arguments[0]), StandardOpenOption.WRITE);
                FileLock lock = channel.lock()) {
            System.out.print(lock.isValid() ? "L" : "-");
            System.out.flush();
            // Ends at the latest with the test that started it: the pipe closes then.
            int unused = System.in.read();
        }
    }
}
