/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue.redis;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import org.apache.camel.Processor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.exceptions.JedisException;

import io.msgstore.devices.queue.QueueEntry;
import io.msgstore.devices.queue.QueueState;
import io.msgstore.devices.queue.Workers;

/**
 * The workers of a stream. Each is a consumer of the group, with a name that it has again after a restart: so it begins with
 * what it had not finished, and what a worker holds that does not come back is claimed by the others.
 */
class RedisConsumer extends Workers {
    private static final Logger LOG = LoggerFactory.getLogger(RedisConsumer.class);
    // above it Redis would be busy with one command for too long
    private static final int MOST = 1000;

    private final RedisEndpoint endpoint;
    private final RedisStream stream;
    private final QueueState state;
    private final RedisStream.Most most;
    private final long claimAfterMillis;
    private final Map<String, List<QueueEntry>> inWork = new ConcurrentHashMap<>();
    private ScheduledExecutorService shows;

    RedisConsumer(RedisEndpoint endpoint, Processor processor) {
        super(endpoint, processor, endpoint.concurrentConsumers);
        this.endpoint = endpoint;
        stream = endpoint.stream();
        state = endpoint.component.state;
        most = RedisStream.Most.of(Math.min(MOST, endpoint.batchSize), endpoint.maxBytes, endpoint.largest);
        claimAfterMillis = endpoint.claimAfter;
    }

    @Override
    protected void work(int number) throws InterruptedException {
        String consumer = endpoint.component.consumer + "-" + number;
        boolean unfinished = true;
        long lookedNanos = System.nanoTime();
        while (runs()) {
            if (isSuspendingOrSuspended()) {
                look();
                continue;
            }
            try {
                List<QueueEntry> entries = unfinished ? stream.readOwn(consumer, most) : List.of();
                unfinished = unfinished && !entries.isEmpty();
                // each at times: the first alone may be busy
                if (entries.isEmpty() && isTimeToLook(lookedNanos)) {
                    int claimed = stream.claim(consumer, claimAfterMillis, most.count());
                    if (claimed == 0) {
                        lookedNanos = System.nanoTime();
                    } else {
                        LOG.info("{} entries of a worker that does not show itself any more taken over", claimed);
                        entries = stream.readOwn(consumer, most);
                        unfinished = !entries.isEmpty();
                    }
                }
                if (entries.isEmpty()) {
                    entries = stream.readNew(consumer, most, LOOK_MILLIS);
                }
                state.answers();
                while (!entries.isEmpty()) {
                    if (!storeShown(consumer, entries)) {
                        unfinished = true;
                        pause();
                        break;
                    }
                    if (unfinished || isTimeToLook(lookedNanos) || isSuspendingOrSuspended() || !runs()) {
                        stream.remove(entries);
                        break;
                    }
                    entries = stream.removeAndReadNew(consumer, entries, most, LOOK_MILLIS);
                    state.answers();
                }
            } catch (JedisException e) {
                if (!runs()) {
                    break;
                }
                // what was stored and could not be removed is read again, and found to be a duplicate
                unfinished = true;
                state.fails(e);
                pause();
            }
        }
    }

    private boolean isTimeToLook(long lookedNanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - lookedNanos) > claimAfterMillis / 2;
    }

    private boolean storeShown(String consumer, List<QueueEntry> entries) throws InterruptedException {
        inWork.put(consumer, entries);
        try {
            return store(entries);
        } finally {
            inWork.remove(consumer);
        }
    }

    // messages that wait for the database are not claimed by others
    private void showWhatIsInWork() {
        inWork.forEach((consumer, entries) -> {
            try {
                stream.hold(consumer, entries);
            } catch (JedisException e) {
                LOG.debug("Can't show that entries are in work", e);
            }
        });
    }

    @Override
    protected void doStart() throws Exception {
        super.doStart();
        shows = endpoint.getCamelContext()
                .getExecutorServiceManager()
                .newSingleThreadScheduledExecutor(this, "redis-shows-work");
        long every = Math.max(1, claimAfterMillis / 3);
        shows.scheduleWithFixedDelay(this::showWhatIsInWork, every, every, TimeUnit.MILLISECONDS);
    }

    @Override
    protected void doStop() throws Exception {
        if (shows != null) {
            endpoint.getCamelContext().getExecutorServiceManager().shutdownNow(shows);
            shows = null;
        }
        super.doStop();
    }
}
