package dev.crossdev.service.console;

import dev.crossdev.service.ServiceSettings;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the devices a few times a second while somebody watches, and not at all while nobody does. The more there is to
 * look at, the longer it rests: looking takes a tenth of a core at most.
 */
@Singleton
final class ConsoleFeed {

    private static final Logger LOG = Logger.getLogger(ConsoleFeed.class);

    private static final long PERIOD_NANOS = Duration.ofMillis(250).toNanos();
    private static final int REST_PER_LOOK = 9;

    private final ConsoleState state;
    private final int maxBrowsers;
    private final Set<Browser> browsers = ConcurrentHashMap.newKeySet();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition poked = lock.newCondition();
    /** The rest guarded by {@code lock}. */
    private boolean looking;

    private boolean over;
    private boolean lookNow;

    ConsoleFeed(ConsoleState state, ServiceSettings settings) {
        this.state = state;
        this.maxBrowsers = settings.console().maxStreams();
    }

    /** Takes one more in; false when there are as many as may be, or the service is going away. */
    boolean add(Browser browser) {
        lock.lock();
        try {
            if (over || browsers.size() >= maxBrowsers) {
                return false;
            }
            browsers.add(browser);
            lookNow = true;
            poked.signal();
            if (!looking) {
                looking = true;
                Thread.ofVirtual().name("console").start(this::look);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    void remove(Browser browser) {
        browsers.remove(browser);
    }

    /** Something was changed for which somebody waits to see. */
    void poke() {
        lock.lock();
        try {
            lookNow = true;
            poked.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Takes nobody in any more and says goodbye to all. Does not wait. */
    void endAll() {
        lock.lock();
        try {
            over = true;
            poked.signal();
        } finally {
            lock.unlock();
        }
        browsers.forEach(Browser::end);
        browsers.clear();
    }

    private void look() {
        @Nullable Snapshot latest = null;
        long took = 0;
        while (rest(took)) {
            long start = System.nanoTime();
            try {
                latest = Snapshot.of(
                        state,
                        latest,
                        browsers.stream().map(Browser::registrationsSeen).collect(Collectors.toSet()));
                for (Browser browser : browsers) {
                    browser.tell(latest);
                }
            } catch (RuntimeException e) {
                LOG.error("the console could not look", e);
            }
            took = System.nanoTime() - start;
        }
    }

    /** Until it is time for the next look; false when there is none to come. */
    private boolean rest(long took) {
        lock.lock();
        try {
            long left = Math.max(PERIOD_NANOS, REST_PER_LOOK * took);
            while (!lookNow && !over && left > 0) {
                left = poked.awaitNanos(left);
            }
            lookNow = false;
            looking = !over && !browsers.isEmpty();
            return looking;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            looking = false;
            return false;
        } finally {
            lock.unlock();
        }
    }
}
