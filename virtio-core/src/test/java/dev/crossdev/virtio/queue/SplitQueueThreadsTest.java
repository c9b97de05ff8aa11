package dev.crossdev.virtio.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.crossdev.testing.ring.RingDriver.Used;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A driver and a device on threads of their own, each asleep unless the other says that it should not be: a wake-up that is
 * lost stops the test. The device's answers come from a third thread, as a real device's may.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SplitQueueThreadsTest {

    private static final int REQUESTS = 50_000;
    private static final Chain END = new Chain();

    private final Semaphore kick = new Semaphore(0);
    private final Semaphore call = new Semaphore(0);
    private volatile boolean over;
    private int calls;

    @ParameterizedTest
    @CsvSource({
        "1,false,false,false",
        "1,false,true,false",
        "4,false,false,false",
        "4,true,true,false",
        "64,true,false,false",
        "64,true,true,false",
        "4,true,false,true",
        "64,true,true,true"
    })
    void noWakeUpIsLost(int size, boolean indirect, boolean eventIndex, boolean copied) throws Exception {
        // A direct chain of two needs two descriptors.
        int entries = indirect ? size : 2 * size;
        try (Bench bench = new Bench(entries, indirect, eventIndex, copied)) {
            SplitQueue queue = bench.queue();
            BlockingQueue<Chain> work = new LinkedBlockingQueue<>();
            BlockingQueue<Chain> idle = new LinkedBlockingQueue<>();
            for (int i = 0; i < entries; i++) {
                idle.add(new Chain());
            }
            CompletableFuture<Void> taker =
                    CompletableFuture.runAsync(() -> takeAll(queue, idle, work), Thread::startVirtualThread);
            CompletableFuture<Void> giver =
                    CompletableFuture.runAsync(() -> giveAll(queue, work, idle), Thread::startVirtualThread);
            long sum = drive(bench);
            over = true;
            kick.release();
            taker.get(10, TimeUnit.SECONDS);
            giver.get(10, TimeUnit.SECONDS);

            assertThat(sum).isEqualTo((long) REQUESTS * (REQUESTS - 1));
            assertThat(queue.inFlight()).isZero();
            assertThat(calls).as("calls are suppressed").isLessThanOrEqualTo(REQUESTS);
        }
    }

    private long drive(Bench bench) throws InterruptedException {
        long sum = 0;
        int sent = 0;
        int received = 0;
        while (received < REQUESTS) {
            while (sent < REQUESTS && bench.driver.room() >= 2) {
                bench.driver.submit(ByteBuffer.allocate(4).putInt(sent).array(), 8);
                sent++;
            }
            if (bench.driver.kickNeeded()) {
                kick.release();
            }
            bench.driver.disableCalls();
            Optional<Used> used = bench.driver.take();
            if (used.isEmpty()) {
                if (!bench.driver.enableCalls() && !call.tryAcquire(20, TimeUnit.SECONDS)) {
                    throw new AssertionError("no call after " + received + " of " + sent);
                }
                call.drainPermits();
                continue;
            }
            sum += ByteBuffer.wrap(bench.driver.answer(used.get())).getLong();
            received++;
        }
        return sum;
    }

    private void takeAll(SplitQueue queue, BlockingQueue<Chain> idle, BlockingQueue<Chain> work) {
        try {
            while (!over) {
                kick.acquire();
                kick.drainPermits();
                do {
                    queue.disableNotifications();
                    Chain chain = idle.take();
                    while (queue.poll(chain)) {
                        work.add(chain);
                        chain = idle.take();
                    }
                    idle.add(chain);
                } while (queue.enableNotifications());
            }
            work.add(END);
        } catch (RingException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void giveAll(SplitQueue queue, BlockingQueue<Chain> work, BlockingQueue<Chain> idle) {
        byte[] request = new byte[4];
        ByteBuffer answer = ByteBuffer.allocate(8);
        try {
            for (Chain chain = work.take(); chain != END; chain = work.take()) {
                chain.copyReadable(MemorySegment.ofArray(request));
                answer.putLong(0, 2L * ByteBuffer.wrap(request).getInt());
                queue.complete(chain, chain.write(MemorySegment.ofArray(answer.array())));
                idle.add(chain);
                if (queue.needsNotification()) {
                    calls++;
                    call.release();
                }
            }
        } catch (RingException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
