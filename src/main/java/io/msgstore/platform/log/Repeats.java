/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.log;

import java.io.Closeable;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Marker;
import org.apache.logging.log4j.MarkerManager;
import org.apache.logging.log4j.core.Appender;
import org.apache.logging.log4j.core.Filter;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.filter.AbstractFilter;

/**
 * Lets a warning or an error through once a minute. The same one again, word for word, is counted, and the count is said
 * at the end of that minute, if there is one.
 *
 * <p>Log4j's own BurstFilter counts events of all kinds together and keeps what it held back to itself.
 */
public final class Repeats extends AbstractFilter {
    /** Of an event that is never held back, because each one is an answer. */
    public static final String EACH = "EACH";

    /** Of the line that says a count: nothing new happened. */
    public static final String SUMMARY = "msgstore-summary";

    private static final Marker SUMMARY_MARKER = MarkerManager.getMarker(SUMMARY);
    private static final Duration WINDOW = Duration.ofMinutes(1);
    private static final int MOST_KEYS = 1_000;

    private final LongSupplier nanoTime;
    private final Map<Key, Held> recent = new ConcurrentHashMap<>();

    private record Key(String logger, Level level, String message) {}

    private record Held(long sinceNanos, AtomicInteger more) {}

    /** @param nanoTime such as {@link System#nanoTime()} */
    Repeats(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Puts one before every appender of this process, for as long as the process lives. */
    public static void limit() {
        limit(LoggerContext.getContext(false).getConfiguration().getAppenders().values());
    }

    /**
     * Puts one before these appenders.
     *
     * @return closing it ends the counts, so the appenders must not be used any more
     */
    public static Closeable limit(Collection<? extends Appender> appenders) {
        Repeats repeats = new Repeats(System::nanoTime);
        appenders.stream().filter(AbstractAppender.class::isInstance).forEach(appender -> ((AbstractAppender) appender)
                .addFilter(repeats));
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "log-repeats");
            thread.setDaemon(true);
            return thread;
        });
        timer.scheduleWithFixedDelay(repeats::summarize, 1, 1, TimeUnit.SECONDS);
        return timer::shutdownNow;
    }

    @Override
    public Filter.Result filter(LogEvent event) {
        if (!event.getLevel().isMoreSpecificThan(Level.WARN)
                || event.getMarker() != null
                        && (event.getMarker().isInstanceOf(SUMMARY)
                                || event.getMarker().isInstanceOf(EACH))) {
            return Filter.Result.NEUTRAL;
        }
        Key key = new Key(
                event.getLoggerName(), event.getLevel(), event.getMessage().getFormattedMessage());
        Held first = new Held(nanoTime.getAsLong(), new AtomicInteger());
        Held held = recent.size() < MOST_KEYS ? recent.putIfAbsent(key, first) : recent.get(key);
        if (held == null) {
            return Filter.Result.NEUTRAL;
        }
        held.more.incrementAndGet();
        return Filter.Result.DENY;
    }

    /** Says the counts of what is over. */
    void summarize() {
        recent.forEach((key, held) -> {
            if (nanoTime.getAsLong() - held.sinceNanos < WINDOW.toNanos()) {
                return;
            }
            recent.remove(key);
            int more = held.more.get();
            if (more > 0) {
                LogManager.getLogger(key.logger)
                        .log(key.level, SUMMARY_MARKER, "{} ({} more in the last minute)", key.message, more);
            }
        });
    }
}
