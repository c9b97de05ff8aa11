package dev.crossdev.gpu.door;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.dmabuf.memory.SharedMemory;
import dev.crossdev.virtio.gpu.GpuCommand;
import dev.crossdev.virtio.gpu.GpuResult;
import dev.crossdev.virtio.gpu.PixelFormat;
import dev.crossdev.virtio.gpu.Rect;
import dev.crossdev.virtio.memory.MemEntry;
import dev.crossdev.virtio.wire.MalformedMessageException;
import dev.crossdev.virtio.wire.WireReader;
import dev.crossdev.virtio.wire.WireWriter;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The display socket of vhost-user-gpu, from a front end that has a window. */
@Timeout(60)
class VhostUserDisplayTest {

    private static final int SCANOUT = 7;
    private static final int UPDATE = 8;

    private static final int SIDE = 64;
    private static final int RESOURCE = 7;
    private static final long BACKING = FrontEnd.RAM_BYTES / 2;
    private static final Rect WHOLE = Rect.of(SIDE, SIDE);

    @TempDir
    private Path folder;

    private VhostUserHost host;
    private VhostUserListener window;
    private FrontEnd machine;

    @BeforeEach
    void showTheResource() {
        host = new VhostUserHost(folder.resolve("gpu.sock"));
        window = new VhostUserListener(folder.resolve("display.sock"));
        machine = FrontEnd.connect(host.server.path());
        machine.realize();
        machine.must(FrontEnd.GPU_SET_SOCKET, new byte[0], window.given());
        machine.start(0, 0);
        run(new GpuCommand.ResourceCreate2d(RESOURCE, PixelFormat.R8G8B8X8_UNORM.number(), SIDE, SIDE));
        run(new GpuCommand.ResourceAttachBacking(
                RESOURCE, List.of(new MemEntry(FrontEnd.GUEST_RAM + BACKING, SIDE * SIDE * 4)), true));
        run(new GpuCommand.SetScanout(WHOLE, 0, RESOURCE));
    }

    @AfterEach
    void nothingIsLeft() {
        machine.close();
        window.close();
        host.close();
        assertThat(SharedMemory.live()).isZero();
    }

    @Test
    void aScanoutIsToldBeforeItsFirstPictureAndTheLatestPictureIsToldAtLast() throws Exception {
        assertThat(window.nextOfDisplay()).satisfies(told -> {
            assertThat(told.request()).isEqualTo(SCANOUT);
            assertThat(told.payload())
                    .isEqualTo(new WireWriter(12).u32(0).u32(SIDE).u32(SIDE).toBytes());
        });
        for (int shade = 1; shade <= 3; shade++) {
            flush(shade);
            awaitPicture(window, shade);
        }
    }

    @Test
    void aScanoutThatIsSwitchedOffIsToldAsOneOfNoSize() {
        awaitPicture(window, 0);
        run(new GpuCommand.SetScanout(WHOLE, 0, 0));

        assertThat(window.nextOfDisplay()).satisfies(told -> {
            assertThat(told.request()).isEqualTo(SCANOUT);
            assertThat(told.payload()).isEqualTo(new byte[12]);
        });
    }

    @Test
    void aWindowThatComesLaterIsToldWhatIsShown() {
        flush(9);
        try (VhostUserListener later = new VhostUserListener(folder.resolve("later.sock"))) {
            machine.must(FrontEnd.GPU_SET_SOCKET, new byte[0], later.given());

            assertThat(later.nextOfDisplay().request()).isEqualTo(SCANOUT);
            awaitPicture(later, 9);
        }
    }

    @Test
    void aWindowThatDoesNotReadHoldsUpNobodyAndSeesTheLatestPictureWhenItDoes() {
        // Far more than a socket holds.
        for (int shade = 1; shade <= 200; shade++) {
            flush(shade);
        }
        awaitPicture(window, 200);
    }

    /** What comes before it is passed over. */
    private static void awaitPicture(VhostUserListener from, int shade) {
        byte[] expected = new byte[SIDE * SIDE * 4];
        for (int at = 0; at < expected.length; at += 4) {
            // Bytes B, G, R, and one that means nothing.
            expected[at + 2] = (byte) shade;
        }
        while (true) {
            FrontEnd.Reply told = from.nextOfDisplay();
            if (told.request() == UPDATE) {
                byte[] pixels = pixels(told.payload());
                for (int at = 3; at < pixels.length; at += 4) {
                    pixels[at] = 0;
                }
                if (Arrays.equals(pixels, expected)) {
                    return;
                }
            }
        }
    }

    private static byte[] pixels(byte[] update) {
        try {
            WireReader in = new WireReader(update);
            assertThat(List.of(in.u32(), in.u32(), in.u32(), in.u32(), in.u32()))
                    .containsExactly(0, 0, 0, SIDE, SIDE);
            return in.bytes(SIDE * SIDE * 4);
        } catch (MalformedMessageException e) {
            throw new AssertionError(e);
        }
    }

    private void flush(int red) {
        byte[] pixels = new byte[SIDE * SIDE * 4];
        for (int at = 0; at < pixels.length; at += 4) {
            pixels[at] = (byte) red;
        }
        machine.ram.slice(BACKING, pixels.length).copyFrom(MemorySegment.ofArray(pixels));
        run(new GpuCommand.TransferToHost2d(WHOLE, 0, RESOURCE));
        run(new GpuCommand.ResourceFlush(WHOLE, RESOURCE));
    }

    private void run(GpuCommand command) {
        assertThat(machine.run(command).response().result()).isEqualTo(GpuResult.OK_NODATA);
    }
}
