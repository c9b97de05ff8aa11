package dev.crossdev.system.deploy;

import java.security.SecureRandom;

/** All of 127.0.0.0/8 is this machine; on an address that nobody else uses, every port is free. */
final class Loopback {

    private static final SecureRandom RANDOM = new SecureRandom();

    private Loopback() {}

    static String own() {
        return "127." + RANDOM.nextInt(64, 255) + "." + RANDOM.nextInt(255) + "." + RANDOM.nextInt(1, 255);
    }
}
