package dev.crossdev.dmabuf.bufinfo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.dmabuf.error.Errno;
import dev.crossdev.dmabuf.fence.FenceInfo;
import dev.crossdev.dmabuf.fence.Usage;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class BufinfoTest {
    private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");
    private static final UUID ID = UUID.fromString("6d0f7a10-93c5-4f2e-8d0e-5a1a6b1c2d3e");

    @Test
    void theTextIsWhatTheDocumentationSays() {
        BufferInfo frame = new BufferInfo(
                7,
                "vm0",
                Optional.of("frame"),
                4096,
                2,
                NOW.minusMillis(1200),
                1,
                List.of(attachment("video-service/vd0", 12, true, 1, 0), attachment("display", 5, false, 0, 3)),
                List.of(
                        fence(Usage.WRITE, "video-service/vd0", 0, Duration.ofMillis(1998)),
                        new FenceInfo(Usage.READ, "vm0", 17, true, Optional.of(Errno.ETIMEDOUT), Duration.ZERO)),
                Optional.of(ok(0, 1)));
        BufferInfo plain =
                new BufferInfo(8, "system", Optional.empty(), 8192, 1, NOW, 0, List.of(), List.of(), Optional.empty());

        assertThat(new Bufinfo(NOW, List.of(frame, plain))).hasToString("""
                Dma-buf Objects:
                id|size|count|exp_name|name|age_ms|cpu_maps|state|uuid|cause|waiters|asked
                7|4096|2|vm0|frame|1200|1|OK|6d0f7a10-93c5-4f2e-8d0e-5a1a6b1c2d3e|<none>|0|1
                |write|video-service/vd0|seq 0|left_ms 1998
                |read|vm0|seq 17|signalled ETIMEDOUT
                |Attached Devices:
                |video-service/vd0|dynamic|since_ms 12|mapped 1|pinned 0
                |display|static|since_ms 5|mapped 0|pinned 3
                Total 2 devices attached

                8|8192|1|system|<none>|0|0|plain|<none>|<none>|0|0
                |Attached Devices:
                Total 0 devices attached

                Total 2 objects, 12288 bytes, 2 devices, 0 waiters, 2 fences
                """.replace('|', '\t'));
    }

    @Test
    void nothingAtAllIsStillAListing() {
        assertThat(BufinfoText.of(new Bufinfo(NOW, List.of())))
                .startsWith("Dma-buf Objects:\n")
                .endsWith("""
                Total 0 objects, 0 bytes, 0 devices, 0 waiters, 0 fences
                """);
    }

    @Test
    void aFailedRegistrationSaysWhy() {
        assertThat(BufinfoText.of(listing(buffer(1, failed("the device lacks RESOURCE_UUID")))))
                .contains("\tFAILED\t<none>\tENODEV: the device lacks RESOURCE_UUID\t0\t0\n");
    }

    @Test
    void aNameCannotBreakALine() {
        BufferInfo nasty = named("a\tb\nc\\d\u2028e\u202ef");

        assertThat(BufinfoText.of(listing(nasty)).lines())
                .hasSize(7)
                .anyMatch(line -> line.contains("\ta\\u0009b\\u000ac\\u005cd\\u2028e\\u202ef\t"));
    }

    @Test
    void csvQuotesWhatNeedsItAndHidesFormulasFromSpreadsheets() {
        List<String> csv = BufinfoText.csv(listing(named("a,\"b\""), named("=1+1"), named("plain")))
                .lines()
                .toList();

        assertThat(csv).hasSize(4);
        assertThat(csv.get(0))
                .isEqualTo("id,size,count,exp_name,name,age_ms,cpu_maps,state,uuid,cause,waiters,asked,"
                        + "fences,holder,kind,since_ms,mapped,pinned");
        assertThat(csv.get(1)).isEqualTo("1,4096,1,vm0,\"a,\"\"b\"\"\",0,0,plain,,,0,0,0,,,,,");
        assertThat(csv.get(2)).contains(",'=1+1,");
        assertThat(csv.get(3)).contains(",plain,");
    }

    @Test
    void csvHasALineForEachBufferAndHolder() {
        BufferInfo two = attached(attachment("display", 5, false, 0, 3), attachment("decoder", 6, true, 1, 0));

        assertThat(BufinfoText.csv(listing(two)).lines().skip(1))
                .containsExactly(
                        "1,4096,1,vm0,,0,0,plain,,,0,0,0,display,static,5,0,3",
                        "1,4096,1,vm0,,0,0,plain,,,0,0,0,decoder,dynamic,6,1,0");
    }

    @Test
    void holdersAreCountedByName() {
        Bufinfo info = listing(
                attached(attachment("display", 5, false, 1, 1), attachment("display", 9, false, 2, 2)),
                attached(attachment("display", 1, false, 0, 0), attachment("decoder", 6, true, 1, 0)));

        assertThat(info.holders())
                .containsExactly(
                        new HolderInfo("decoder", 1, 4096, 1, 1, 0, NOW.minusMillis(6)),
                        new HolderInfo("display", 2, 8192, 3, 3, 3, NOW.minusMillis(9)));
        assertThat(info.heldBy("decoder").buffers()).hasSize(1);
        assertThat(info.totals()).isEqualTo(new Bufinfo.Totals(2, 8192, 4, 4, 0, 0));
    }

    @Test
    void whoGrowsIsTold() {
        Bufinfo before = listing(attached(attachment("display", 5, false, 0, 0)));
        Bufinfo after = listing(
                attached(attachment("display", 5, false, 0, 0), attachment("leaky", 1, false, 0, 0)),
                attached(attachment("leaky", 1, false, 0, 0)));

        assertThat(after.grownSince(before)).extracting(HolderInfo::holder).containsExactly("leaky");
        assertThat(before.grownSince(after)).isEmpty();
    }

    @Test
    void suspicionsFindWhatAPersonLooksFor() {
        BufferInfo failed = buffer(1, failed("no"));
        BufferInfo waitedFor = buffer(2, pending(3, 3));
        BufferInfo neverAsked = buffer(3, ok(0, 0));
        BufferInfo twice = attached(attachment("a", 1, false, 0, 0), attachment("a", 2, false, 0, 0));
        BufferInfo busy = new BufferInfo(
                5,
                "vm0",
                Optional.empty(),
                1,
                1,
                NOW,
                0,
                List.of(attachment("b", 1, false, 0, 0)),
                List.of(fence(Usage.READ, "b", 1, Duration.ofMillis(1))),
                Optional.empty());
        Bufinfo all = listing(failed, waitedFor, neverAsked, twice, busy);

        assertThat(all.only(Suspicion.FAILED).buffers()).containsExactly(failed);
        assertThat(all.only(Suspicion.WAITED_FOR).buffers()).containsExactly(waitedFor);
        assertThat(all.only(Suspicion.NEVER_ASKED).buffers()).containsExactly(failed, neverAsked);
        assertThat(all.only(Suspicion.UNATTACHED).buffers()).containsExactly(failed, waitedFor, neverAsked);
        assertThat(all.only(Suspicion.ATTACHED_TWICE).buffers()).containsExactly(twice);
        assertThat(all.only(Suspicion.BUSY).buffers()).containsExactly(busy);
    }

    @Test
    void severalListingsAreOneAndAnAgeIsNeverNegative() {
        Bufinfo one = listing(named("one"));

        assertThat(Bufinfo.of(NOW, List.of(one, listing(named("two")))).buffers())
                .hasSize(2);
        assertThat(one.buffers().getFirst().age(NOW.minusSeconds(1))).isZero();
    }

    private static Bufinfo listing(BufferInfo... buffers) {
        return new Bufinfo(NOW, Arrays.asList(buffers));
    }

    private static AttachmentInfo attachment(String importer, long ago, boolean dynamic, int mapped, int pinned) {
        return new AttachmentInfo(importer, NOW.minusMillis(ago), dynamic, mapped, pinned);
    }

    private static FenceInfo fence(Usage usage, String owner, long sequence, Duration left) {
        return new FenceInfo(usage, owner, sequence, false, Optional.empty(), left);
    }

    private static BufferInfo named(String name) {
        return new BufferInfo(1, "vm0", Optional.of(name), 4096, 1, NOW, 0, List.of(), List.of(), Optional.empty());
    }

    private static BufferInfo attached(AttachmentInfo... attachments) {
        return new BufferInfo(
                1, "vm0", Optional.empty(), 4096, 1, NOW, 0, Arrays.asList(attachments), List.of(), Optional.empty());
    }

    private static BufferInfo buffer(long id, RegistrationInfo registration) {
        return new BufferInfo(
                id, "vm0", Optional.empty(), 1, 1, NOW, 0, List.of(), List.of(), Optional.of(registration));
    }

    private static RegistrationInfo ok(int waiters, int asked) {
        return new RegistrationInfo(
                RegistrationInfo.State.OK,
                Optional.of(ID),
                Optional.empty(),
                Optional.empty(),
                NOW,
                Optional.of(NOW),
                waiters,
                asked);
    }

    private static RegistrationInfo pending(int waiters, int asked) {
        return new RegistrationInfo(
                RegistrationInfo.State.INITIALIZING,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                NOW,
                Optional.empty(),
                waiters,
                asked);
    }

    private static RegistrationInfo failed(String why) {
        return new RegistrationInfo(
                RegistrationInfo.State.FAILED,
                Optional.empty(),
                Optional.of(Errno.ENODEV),
                Optional.of(why),
                NOW,
                Optional.of(NOW),
                0,
                0);
    }
}
