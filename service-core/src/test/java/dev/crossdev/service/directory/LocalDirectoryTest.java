package dev.crossdev.service.directory;

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
