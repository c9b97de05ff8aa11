package dev.crossdev.service.directory;

import dev.crossdev.grpc.client.HostPort;

class LocalDirectoryTest extends DirectoryContract {

    @Override
    protected Publisher publisherOf(HostPort instance) {
        return new LocalPublisher();
    }

    @Override
    protected Directory directory() {
        return new LocalDirectory(FIRST);
    }
}
