package dev.crossdev.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.ColorScheme;
import dev.crossdev.cli.launch.ServiceProcess;
import dev.crossdev.cli.launch.Services;
import dev.crossdev.grpc.client.Channels;
import dev.crossdev.proto.admin.v1.DeleteDeviceRequest;
import dev.crossdev.proto.admin.v1.DeviceAdminGrpc;
import dev.crossdev.proto.device.v1.MemoryWrite;
import dev.crossdev.proto.gpu.v1.ExecuteRequest;
import dev.crossdev.proto.gpu.v1.GpuCommand;
import dev.crossdev.proto.gpu.v1.GpuDeviceGrpc;
import dev.crossdev.proto.gpu.v1.MemEntry;
import dev.crossdev.proto.gpu.v1.PixelFormat;
import dev.crossdev.proto.gpu.v1.Rect;
import dev.crossdev.proto.gpu.v1.ResourceAssignUuid;
import dev.crossdev.proto.gpu.v1.ResourceAttachBacking;
import dev.crossdev.proto.gpu.v1.ResourceCreate2d;
import dev.crossdev.proto.gpu.v1.ResourceFlush;
import dev.crossdev.proto.gpu.v1.SetScanout;
import dev.crossdev.proto.gpu.v1.TransferToHost2d;
import dev.crossdev.system.Checkout.Command;
import dev.crossdev.system.Checkout.Ended;
import dev.crossdev.testing.Programs;
import dev.crossdev.testing.RequiresProgram;
import io.grpc.ManagedChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The services' consoles in a real browser. Pictures of them are left in {@code target/console}. */
@ExtendWith(SharedServices.class)
@RequiresProgram("chromium")
class ConsoleTest {

    private static final String DEVICE = "console-test";
    private static final int SIDE = 32;

    /** By a copy: the browser warns of a canvas that is read again and again. */
    private static final String FIRST_PIXEL = """
            canvas => {
              const copy = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
              copy.drawImage(canvas, 0, 0);
              return [...copy.getImageData(0, 0, 1, 1).data].join();
            }""";

    /** What the table of strategies says of one in a column; -1 before it says anything. */
    private static final String CELL = """
            ([strategy, column]) => {
              const rows = [...document.querySelectorAll('#strategies tbody tr')];
              const row = rows.find(each => each.firstElementChild.textContent === strategy);
              const columns = [...document.querySelectorAll('#strategies thead th')].map(each => each.dataset.column);
              return row ? Number(row.children[columns.indexOf(column)].textContent) : -1;
            }""";

    private static final double PATIENCE_MILLIS = 90_000;
    private static final Path PICTURES = Path.of("target", "console");

    private final Services services;
    private final Queue<String> complaints = new ConcurrentLinkedQueue<>();
    private ManagedChannel channel;
    private Playwright playwright;
    private Browser browser;

    ConsoleTest(Services services) {
        this.services = services;
    }

    @BeforeEach
    void start() {
        PlaywrightAssertions.setDefaultAssertionTimeout(PATIENCE_MILLIS);
        channel = Channels.plaintext(
                services.gpu().address().host(), services.gpu().address().port());
        playwright = Playwright.create(
                new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
        browser = playwright
                .chromium()
                .launch(new BrowserType.LaunchOptions()
                        .setExecutablePath(
                                Programs.ofThisMachine().find("chromium").orElseThrow())
                        .setArgs(List.of("--no-sandbox", "--disable-gpu")));
    }

    @AfterEach
    void stop() {
        playwright.close();
        var _ = DeviceAdminGrpc.newBlockingStub(channel)
                .deleteDevice(DeleteDeviceRequest.newBuilder()
                        .setDevice(DEVICE)
                        .setAllowMissing(true)
                        .build());
        channel.shutdownNow();
    }

    @Test
    void aPersonSeesWhereLatencyGoesWithoutReloading() {
        Page page = open(services.gpu(), 1280, ColorScheme.LIGHT);
        that(page.locator("#connection")).hasText("live");
        play("block-at-export");
        that(page.locator("#strategies tbody")).containsText("block-at-export");
        // For the picture: only what somebody can see is fetched.
        page.evaluate("document.getElementById('scanouts').scrollIntoView()");
        play("deferred");
        Locator strategies = page.locator("#strategies tbody");
        that(strategies).containsText("block-at-export");
        that(strategies).containsText("deferred");
        that(page.locator("#gantt svg").first()).isVisible();
        picture(page, "gpu-desktop");
        picture(open(services.gpu(), 390, ColorScheme.LIGHT), "gpu-phone");
        picture(open(services.gpu(), 1280, ColorScheme.DARK), "gpu-dark");
        Page video = open(services.video(), 1280, ColorScheme.LIGHT);
        that(video.locator("#connection")).hasText("live");
        that(video.locator("#streams-title")).isVisible();
        that(video.locator("#scanouts-title")).isHidden();
        picture(video, "video-desktop");
        assertThat(complaints).isEmpty();
    }

    @Test
    void transitRaisedInTheConsoleIsSeenToBlockWhoeverWaitsAtExportAndNotWhoeverDefers() {
        Page page = open(services.gpu(), 1280, ColorScheme.LIGHT);
        Page video = open(services.video(), 1280, ColorScheme.LIGHT);
        Command load = Checkout.crossdev(
                "load",
                Checkout.CLIP.toString(),
                "--gpu",
                services.gpu().address().toString(),
                "--video",
                services.video().address().toString(),
                "--strategy",
                "block-at-export,deferred",
                "--rate",
                "2",
                "--buffers",
                "8");
        try {
            that(page.locator("#strategies tbody")).containsText("deferred");
            that(page.locator("#strategies tbody")).containsText("block-at-export");
            setTransitOfAll(page, "20ms");
            setTransitOfAll(video, "20ms");
            // The latest run may have begun before, and other guests may have had runs before that.
            for (String strategy : List.of("block-at-export", "deferred")) {
                awaitCell(page, strategy, "runs", (int) cell(page, strategy, "runs") + 2);
            }
            // A round trip is two ways, and whoever waits at export waits for eight, one after another.
            assertThat(cell(page, "block-at-export", "waited")).isGreaterThanOrEqualTo(8 * 2 * 20);
            assertThat(cell(page, "deferred", "trip")).isGreaterThanOrEqualTo(2 * 20);
            assertThat(cell(page, "deferred", "waited")).isLessThan(cell(page, "block-at-export", "waited"));
            that(page.locator("#injected")).containsText("transit 20ms");
            picture(page, "gpu-raised");
        } finally {
            takeLatencyOff(page);
            takeLatencyOff(video);
            load.interrupt();
        }
        assertThat(load.await(Duration.ofSeconds(90)).output())
                .containsPattern("ended: \\d+ rounds: \\d+ ok, 0 damaged, 0 failed");
        assertThat(complaints).isEmpty();
    }

    @Test
    void buffersComeLiveAndAreSortedAndFilteredByKeyboard() {
        create(1, 32);
        Page page = open(services.gpu(), 1280, ColorScheme.LIGHT);
        Locator rows = page.locator("#buffer-table tbody tr", new Page.LocatorOptions().setHasText(DEVICE));
        that(rows).hasCount(1);
        create(2, 64);
        execute(GpuCommand.newBuilder()
                .setResourceAssignUuid(ResourceAssignUuid.newBuilder().setResourceId(2)));
        that(rows).hasCount(2);

        Locator bySize = page.locator("#buffer-table th[data-column=size] button");
        bySize.focus();
        page.keyboard().press("Enter");
        that(page.locator("#buffer-table th[data-column=size]"))
                .hasAttribute("aria-sort", Pattern.compile(".+cending"));
        String firstBefore = rows.first().locator("th").textContent();
        page.keyboard().press("Enter");
        that(rows.first().locator("th")).not().hasText(firstBefore);

        page.locator("input[name=text]").fill(DEVICE + "/2");
        that(rows).hasCount(1);
        page.locator("input[name=text]").fill(DEVICE);
        page.locator("input[name=never_asked]").focus();
        page.keyboard().press("Space");
        that(rows).hasCount(1);
        that(rows.first().locator("th")).hasText(Pattern.compile(DEVICE + "/2"));
        assertThat(complaints).isEmpty();
    }

    @Test
    void aScanoutIsShownAndMovesWhenAFrameLands() {
        Rect all = Rect.newBuilder().setWidth(SIDE).setHeight(SIDE).build();
        create(1, SIDE);
        execute(GpuCommand.newBuilder()
                .setResourceAttachBacking(ResourceAttachBacking.newBuilder()
                        .setResourceId(1)
                        .addEntries(MemEntry.newBuilder().setAddress(0x1000).setLength(SIDE * SIDE * 4))));
        execute(GpuCommand.newBuilder()
                .setSetScanout(SetScanout.newBuilder().setRect(all).setResourceId(1)));
        Page page = open(services.gpu(), 1280, ColorScheme.LIGHT);
        Locator canvas = page.locator("#scanout-list figure", new Page.LocatorOptions().setHasText(DEVICE))
                .locator("canvas");
        for (int frame = 1; frame <= 2; frame++) {
            // Bytes B, G, R, A: another shade of red each time.
            byte[] pixels = new byte[SIDE * SIDE * 4];
            for (int at = 2; at < pixels.length; at += 4) {
                pixels[at] = (byte) (100 * frame);
            }
            var _ = GpuDeviceGrpc.newBlockingStub(channel)
                    .execute(ExecuteRequest.newBuilder()
                            .setDevice(DEVICE)
                            .setMemoryWrite(
                                    MemoryWrite.newBuilder().setAddress(0x1000).setData(ByteString.copyFrom(pixels)))
                            .build());
            execute(GpuCommand.newBuilder()
                    .setTransferToHost2D(
                            TransferToHost2d.newBuilder().setRect(all).setResourceId(1)));
            execute(GpuCommand.newBuilder()
                    .setResourceFlush(ResourceFlush.newBuilder().setRect(all).setResourceId(1)));
            canvas.scrollIntoViewIfNeeded();
            that(canvas).hasAttribute("data-flushes", Integer.toString(frame));
            assertThat(canvas.evaluate(FIRST_PIXEL)).isEqualTo(100 * frame + ",0,0,255");
        }
        assertThat(complaints).isEmpty();
    }

    @Test
    void latencyAndFaultsAreSetAndMarkedAsLongAsTheyAreOn() {
        create(1, 32);
        Page page = open(services.gpu(), 1280, ColorScheme.LIGHT);
        Locator timing = page.locator("#timing-form");
        timing.locator("select[name=target]").selectOption("default/" + DEVICE);
        timing.locator("input[name=transit]").fill("2ms");
        timing.locator("button[type=submit]").click();
        that(page.locator("#injected")).containsText("slow or faulty on purpose");
        Locator row = page.locator("#device-table tbody tr", new Page.LocatorOptions().setHasText(DEVICE));
        that(row).containsText("2ms");
        page.locator("#timing-off").click();
        that(row).not().containsText("2ms");

        page.locator("#fault-form select[name=target]").selectOption("default/" + DEVICE);
        page.locator("#fault-form button[type=submit]").click();
        that(row).containsText("RESOURCE_ASSIGN_UUID=error:0x1200");
        page.locator("#faults-clear").click();
        that(row).not().containsText("RESOURCE_ASSIGN_UUID=error:0x1200");
        that(page.locator("#injected")).isHidden();
        assertThat(complaints).isEmpty();

        timing.locator("input[name=transit]").fill("soon");
        timing.locator("button[type=submit]").click();
        that(page.locator("#timing-outcome")).containsText("soon");
    }

    private static void awaitCell(Page page, String strategy, String column, int atLeast) {
        page.waitForFunction(
                "([cell, least]) => (" + CELL + ")(cell) >= least", List.of(List.of(strategy, column), atLeast));
    }

    private static double cell(Page page, String strategy, String column) {
        return ((Number) page.evaluate(CELL, List.of(strategy, column))).doubleValue();
    }

    private static void setTransitOfAll(Page page, String transit) {
        Locator input = page.locator("#timing-form input[name=transit]");
        input.fill(transit);
        // By keyboard: the page grows with its rows, under a pointer.
        input.press("Enter");
        that(page.locator("#timing-outcome")).containsText("transit " + transit);
    }

    private static void takeLatencyOff(Page page) {
        page.locator("#timing-off").press("Enter");
        that(page.locator("#timing-outcome")).containsText("Latency is off");
    }

    private Page open(ServiceProcess service, int width, ColorScheme scheme) {
        BrowserContext context = browser.newContext(
                new Browser.NewContextOptions().setViewportSize(width, 900).setColorScheme(scheme));
        Page page = context.newPage();
        page.setDefaultTimeout(PATIENCE_MILLIS);
        page.onConsoleMessage(message -> {
            if (message.type().equals("error") || message.type().equals("warning")) {
                complaints.add(message.text());
            }
        });
        page.onPageError(complaints::add);
        page.navigate("http://" + service.address() + "/");
        that(page.locator("#tile-devices")).hasText(Pattern.compile("\\d+"));
        return page;
    }

    private static void picture(Page page, String name) {
        Object width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        assertThat(((Number) width).intValue()).as("wider than its screen").isZero();
        page.evaluate("scrollTo(0, 0)");
        page.screenshot(new Page.ScreenshotOptions()
                .setPath(PICTURES.resolve(name + ".png"))
                .setFullPage(true));
    }

    private void play(String strategy) {
        Ended play = Checkout.crossdev(
                        "play",
                        Checkout.CLIP.toString(),
                        "--gpu",
                        services.gpu().address().toString(),
                        "--video",
                        services.video().address().toString(),
                        "--strategy",
                        strategy,
                        "--transit",
                        "5ms",
                        "--out",
                        Path.of("target", "console-" + strategy)
                                .toAbsolutePath()
                                .toString())
                .await(Duration.ofSeconds(90));
        assertThat(play.exitCode()).as(play.output()).isZero();
    }

    private void create(int resource, int side) {
        execute(GpuCommand.newBuilder()
                .setResourceCreate2D(ResourceCreate2d.newBuilder()
                        .setResourceId(resource)
                        .setFormat(PixelFormat.PIXEL_FORMAT_B8G8R8A8_UNORM)
                        .setWidth(side)
                        .setHeight(side)));
    }

    private void execute(GpuCommand.Builder command) {
        var _ = GpuDeviceGrpc.newBlockingStub(channel)
                .execute(ExecuteRequest.newBuilder()
                        .setDevice(DEVICE)
                        .setCommand(command)
                        .build());
    }

    private static LocatorAssertions that(Locator locator) {
        return PlaywrightAssertions.assertThat(locator);
    }
}
