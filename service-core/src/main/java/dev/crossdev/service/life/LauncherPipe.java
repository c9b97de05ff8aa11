package dev.crossdev.service.life;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * Watches the pipe that a launcher keeps open as long as it lives. A pipe closes however its launcher ends, a signal's
 * handler does not run under SIGKILL.
 */
final class LauncherPipe {

    private LauncherPipe() {}

    /** Calls back once, on a thread of its own, when the pipe ends. What comes through it is thrown away. */
    static void watch(InputStream pipe, Runnable ended) {
        Thread.ofPlatform().daemon().name("launcher-pipe").start(() -> {
            try {
                pipe.transferTo(OutputStream.nullOutputStream());
            } catch (IOException e) {
                // As good as its end.
            }
            ended.run();
        });
    }
}
