package dev.crossdev.system.deploy;

import dev.crossdev.testing.RequiresProgram;

/** Both services in one pod. */
@RequiresProgram("kubectl")
class LocalContainersTest extends OverlayContainers {

    LocalContainersTest() {
        super("local", "shm");
    }
}
