package dev.crossdev.cli.linux;

import dev.crossdev.cli.launch.Services;
import dev.crossdev.cli.outcome.CommandFailure;
import dev.crossdev.cli.outcome.ExitCode;
import dev.crossdev.cli.report.Png;
import dev.crossdev.cli.wire.DeviceAddress;
import dev.crossdev.dmabuf.Violations;
import dev.crossdev.dmabuf.waiting.Backoff;
import dev.crossdev.dmabuf.waiting.Deadline;
import dev.crossdev.guest.driver.ServiceAddress;
import dev.crossdev.guest.pipeline.ForeignDecoder;
import dev.crossdev.media.Clip;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * The whole chain with a real kernel, in two boots: dumb buffers, which have memory on the host and are registered when they
 * are exported; and a blob of the guest's own pages, registered when it is made. video-service decodes into each.
 */
public final class LinuxSession {

    /** Dumb buffers are blobs where the device offers those, and blobs are not registered at export. */
    public static final String WITHOUT_BLOBS = "RESOURCE_BLOB";

    private static final Duration PATIENCE = Duration.ofSeconds(15);

    /** virtgpu_drm.h: MAPPABLE, SHAREABLE, CROSS_DEVICE. */
    private static final int CROSS_DEVICE_BLOB = 7;

    private static final Pattern WORTH_SHOWING = Pattern.compile("\\[drm\\] |virtio-gpu|virtio_gpu|reboot: ");
    private static final Pattern NOT_WORTH_SHOWING = Pattern.compile("ommand line:|damage_clips");

    private final GuestImage image;
    private final Clip clip;
    private final Services services;
    private final Path out;
    private final int buffers;
    private final Checks checks;

    /**
     * @param image what is booted
     * @param clip whose first picture is decoded
     * @param services that have the places
     * @param out where logs and pictures go
     * @param buffers registered one after another, for their times
     */
    LinuxSession(GuestImage image, Clip clip, Services services, Path out, int buffers, Checks checks) {
        this.image = image;
        this.clip = clip;
        this.services = services;
        this.out = out;
        this.buffers = buffers;
        this.checks = checks;
    }

    /** Without RESOURCE_BLOB. */
    void dumbBuffers(BootingMachine booting) {
        GuestPlace place = booting.place();
        checks.say("");
        checks.say(
                "Boot 1, RESOURCE_BLOB not offered: dumb buffers have memory on the host and are registered at export");
        int width = clip.info().width();
        int height = clip.info().height();
        try (VirtualMachine machine = up(booting);
                GpuView view = new GpuView(services.gpu().address(), GuestPlace.GUEST);
                DeviceLog log = log(place)) {
            demandTrace(machine, "on");
            machine.demand("dumb " + width + " " + height);
            machine.demand("fill 0 170");
            String before = machine.demand("digest 0").value("crc32");
            UUID uuid = register(machine, view);
            decodeInto(uuid, view);
            String after = machine.demand("digest 0").value("crc32");
            checks.check(before.equals(after), "the guest's own pages are as it left them", "crc32 " + after);
            machine.demand("show 0 " + width + " " + height);
            byte[] backing = filled(width * height * 4, (byte) 170);
            checks.check(
                    Picture.sameColours(view.flushed(place.device(), PATIENCE).pixels(), backing),
                    "the scanout shows them: Linux transfers before it flushes",
                    "");
            List<AgentReply> burst = machine.askAll("burst " + buffers + " 64 64");
            long distinct = burst.stream()
                    .filter(each -> each.failure().isEmpty())
                    .map(AgentReply::uuid)
                    .distinct()
                    .count();
            checks.check(
                    distinct == buffers,
                    "each of " + buffers + " more buffers has a UUID of its own",
                    distinct + " UUIDs");
            List<RoundTrip> trips = trace(machine);
            powerOff(machine, view);
            roundTrips(trips, log);
        }
    }

    /** With all features. */
    void blob(BootingMachine booting) {
        GuestPlace place = booting.place();
        checks.say("");
        checks.say(
                "Boot 2, RESOURCE_BLOB offered: a CROSS_DEVICE blob is the guest's own pages and is registered when made");
        int width = clip.info().width();
        int height = clip.info().height();
        try (VirtualMachine machine = up(booting);
                GpuView view = new GpuView(services.gpu().address(), GuestPlace.GUEST);
                DeviceLog log = log(place)) {
            demandTrace(machine, "on");
            machine.demand("blob " + width + " " + height + " " + CROSS_DEVICE_BLOB);
            machine.demand("fill 0 0");
            UUID uuid = register(machine, view);
            byte[] frame = decodeInto(uuid, view);
            String crc = machine.demand("digest 0").value("crc32");
            checks.check(
                    crc.equals(Picture.crc32(frame)),
                    "an mmap in the guest shows it: its own pages, no copy",
                    "crc32 " + crc);
            machine.demand("show 0 " + width + " " + height);
            machine.demand("flush");
            GpuView.Shown shown = view.flushed(place.device(), PATIENCE);
            Path png = out.resolve("scanout.png");
            write(png, Png.of(shown.width(), shown.height(), shown.pixels()));
            checks.check(
                    Picture.sameColours(shown.pixels(), frame), "so does the scanout, bit for bit", png.toString());
            List<RoundTrip> trips = trace(machine);
            checks.check(
                    trips.stream().noneMatch(trip -> trip.command().startsWith("TRANSFER")),
                    "nothing was transferred",
                    "");
            powerOff(machine, view);
            roundTrips(trips, log);
        }
    }

    /** Lets a machine boot for one of the two, meanwhile. */
    BootingMachine boot(GuestPlace place) {
        return BootingMachine.begin(image, place, folder(place.device()));
    }

    private VirtualMachine up(BootingMachine booting) {
        VirtualMachine machine = booting.up();
        checks.say(String.format(
                Locale.ROOT,
                "  Linux %s was up after %.1f s",
                image.release(),
                booting.took().toMillis() / 1e3));
        machine.console().stream()
                .filter(line -> WORTH_SHOWING.matcher(line).find()
                        && !NOT_WORTH_SHOWING.matcher(line).find())
                .forEach(line -> checks.say("  | " + line));
        AgentReply features = machine.demand("features");
        checks.check(features.value("cross_device").equals("1"), "the driver has RESOURCE_UUID", "");
        return machine;
    }

    private DeviceLog log(GuestPlace place) {
        return DeviceLog.begin(
                services.gpu().address(),
                DeviceAddress.parse(GuestPlace.GUEST + "/" + place.device()),
                out.resolve(place.device() + ".wire"));
    }

    private UUID register(VirtualMachine machine, GpuView view) {
        UUID uuid = machine.demand("register 0").uuid();
        checks.check(
                view.uuids().equals(List.of(uuid)), "the guest has the UUID that gpu-service minted", uuid.toString());
        return uuid;
    }

    /** Gives the picture that must be there now. */
    private byte[] decodeInto(UUID object, GpuView view) {
        byte[] expected = Picture.firstOf(clip);
        ServiceAddress video = new ServiceAddress(
                "video-service",
                services.video().address().host(),
                services.video().address().port());
        ForeignDecoder.Decoded decoded;
        try (ForeignDecoder decoder =
                ForeignDecoder.connect(video, GuestPlace.GUEST, "decoder", clip, PATIENCE, Violations.ignored())) {
            decoded = decoder.firstFrame(object);
        }
        byte[] held = view.read(object);
        checks.check(
                Picture.sameColours(expected, held),
                "video-service decoded the clip's first picture into that object",
                String.format(
                        Locale.ROOT,
                        "import %.1f ms, decode %.1f ms, crc32 %s",
                        decoded.importNanos() / 1e6,
                        decoded.decodeNanos() / 1e6,
                        Picture.crc32(held)));
        return expected;
    }

    private static void demandTrace(VirtualMachine machine, String what) {
        AgentReply unused = machine.demand("trace " + what);
    }

    private static List<RoundTrip> trace(VirtualMachine machine) {
        demandTrace(machine, "off");
        return RoundTrip.of(
                machine.askAll("trace print").stream().map(AgentReply::line).toList());
    }

    private void powerOff(VirtualMachine machine, GpuView view) {
        int code = machine.powerOff();
        awaitNothing(view);
        checks.check(
                code == 0 && view.uuids().isEmpty(),
                "it powers off and leaves nothing",
                view.uuids().size() + " objects");
    }

    /** QEMU's end is noticed a moment after it. */
    private static void awaitNothing(GpuView view) {
        Backoff backoff = new Backoff(Deadline.after(PATIENCE));
        while (!view.uuids().isEmpty() && backoff.pause()) {
            // Asked again.
        }
    }

    private void roundTrips(List<RoundTrip> trips, DeviceLog log) {
        checks.say("");
        RoundTripTable.of(trips, log.read()).forEach(line -> checks.say("  " + line));
    }

    private Path folder(String device) {
        try {
            Path folder = out.resolve(device);
            Files.createDirectories(folder);
            return folder;
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.USAGE, "cannot write to " + out + ": " + e.getMessage(), e);
        }
    }

    private static void write(Path file, byte[] bytes) {
        try {
            Files.write(file, bytes);
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.USAGE, "cannot write " + file + ": " + e.getMessage(), e);
        }
    }

    private static byte[] filled(int length, byte value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, value);
        return bytes;
    }
}
