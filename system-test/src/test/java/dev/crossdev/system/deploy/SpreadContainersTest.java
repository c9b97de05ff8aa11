package dev.crossdev.system.deploy;

import dev.crossdev.testing.RequiresProgram;

/** Each service in pods of its own. */
@RequiresProgram("kubectl")
class SpreadContainersTest extends OverlayContainers {

    SpreadContainersTest() {
        super("spread", "stream");
    }
}
