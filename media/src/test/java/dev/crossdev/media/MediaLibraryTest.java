package dev.crossdev.media;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class MediaLibraryTest {
    @Test
    void theNativesAreTheBuildThatMayBeLinkedFreely() {
        MediaLibrary.preload();
        MediaLibrary.preload();

        assertThat(MediaLibrary.license()).startsWith("LGPL");
        assertThat(MediaLibrary.version()).matches("\\d+\\.\\d+.*");
    }
}
