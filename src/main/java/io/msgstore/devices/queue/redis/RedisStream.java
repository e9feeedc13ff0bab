/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.queue.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.AbstractPipeline;
import redis.clients.jedis.JedisCluster;
import redis.clients.jedis.Response;
import redis.clients.jedis.UnifiedJedis;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.params.XAutoClaimParams;
import redis.clients.jedis.params.XClaimParams;
import redis.clients.jedis.params.XReadGroupParams;

import io.msgstore.devices.queue.QueueEntry;

/**
 * One stream with its consumer group: what msgstore asks of Redis. From any thread; each call may throw a
 * {@link JedisException} when Redis does not answer or refuses.
 *
 * <p>An entry is in the stream until its message is stored. An entry that was read and not removed is on the group's list of
 * pending entries, with the name of its consumer and the time at which that last showed itself.
 */
final class RedisStream {
    private static final Logger LOG = LoggerFactory.getLogger(RedisStream.class);
    private static final byte[] ENQUEUE = script("enqueue.lua");
    private static final byte[] REMOVE = script("remove.lua");
    private static final byte[] TAKE = script("take.lua");
    private static final byte[] NEW = bytes(">");
    private static final byte[] FIRST = bytes("0");

    private static final byte[] POLICY = bytes("return redis.call('INFO', 'memory')");
    private static final Pattern POLICY_LINE = Pattern.compile("^maxmemory_policy:(\\S+)", Pattern.MULTILINE);
    private static final String NO_EVICTION = "noeviction";
    private static final long POLICY_NANOS = TimeUnit.SECONDS.toNanos(30);

    private final Supplier<UnifiedJedis> client;
    private final byte[] key;
    private final byte[] group;
    private volatile boolean keeps;
    private volatile long askedNanos;

    RedisStream(Supplier<UnifiedJedis> client, String key, String group) {
        this.client = client;
        this.key = bytes(key);
        this.group = bytes(group);
    }

    /** Adds messages until the stream has that many entries; the answer is how many of them are in. */
    int add(List<byte[]> messages, int capacity) {
        requireThatItKeeps();
        List<byte[]> arguments = new ArrayList<>(messages.size() + 1);
        arguments.add(bytes(Integer.toString(capacity)));
        arguments.addAll(messages);
        return ((Long) client.get().eval(ENQUEUE, List.of(key), arguments)).intValue();
    }

    /**
     * How much to read at a time.
     *
     * @param count most entries
     * @param bytes from which on no further entry is read; one that is larger by itself is read alone
     * @param blind how many may be read before it is known how large they are, from 1: the command that waits has no limit of
     *     bytes, and a script that has one can't wait
     */
    record Most(int count, long bytes, int blind) {
        /** @param largest bytes that an entry has at most */
        static Most of(int count, long bytes, long largest) {
            return new Most(count, bytes, (int) Math.max(1, Math.min(count, bytes / largest)));
        }
    }

    /** Entries that no consumer has had; waits for the first one. */
    List<QueueEntry> readNew(String consumer, Most most, int blockMillis) {
        XReadGroupParams how = newOnes(most, blockMillis);
        List<QueueEntry> first =
                read(() -> ofStream(client.get().xreadGroup(group, bytes(consumer), how, Map.entry(key, NEW))));
        return withMore(consumer, first, most);
    }

    /**
     * As {@link #remove} and then {@link #readNew}, but asked together, so that Redis and the worker wake up once. When it
     * fails, what was read is this consumer's own.
     */
    List<QueueEntry> removeAndReadNew(String consumer, List<QueueEntry> entries, Most most, int blockMillis) {
        if (client.get() instanceof JedisCluster) {
            // its pipelines know nothing of slots that have moved
            remove(entries);
            return readNew(consumer, most, blockMillis);
        }
        List<QueueEntry> first;
        try (AbstractPipeline pipeline = client.get().pipelined()) {
            Response<Object> removed = pipeline.eval(REMOVE, List.of(key), removal(entries));
            Response<List<Object>> read =
                    pipeline.xreadGroup(group, bytes(consumer), newOnes(most, blockMillis), Map.entry(key, NEW));
            pipeline.sync();
            removed.get();
            first = read(() -> ofStream(read.get()));
        }
        return withMore(consumer, first, most);
    }

    private static XReadGroupParams newOnes(Most most, int blockMillis) {
        return XReadGroupParams.xReadGroupParams().count(most.blind).block(blockMillis);
    }

    private static Object ofStream(List<Object> streams) {
        return streams == null || streams.isEmpty() ? List.of() : ((List<?>) streams.get(0)).get(1);
    }

    // while messages come slowly there are no more, and this asks for none
    private List<QueueEntry> withMore(String consumer, List<QueueEntry> first, Most most) {
        long left = most.bytes;
        for (QueueEntry entry : first) {
            left -= entry.bytes().length;
        }
        if (first.size() < most.blind || first.size() >= most.count || left <= 0) {
            return first;
        }
        List<QueueEntry> all = new ArrayList<>(first);
        all.addAll(take(consumer, NEW, new Most(most.count - first.size(), left, 1)));
        return all;
    }

    /** The first entries that this consumer, maybe before a restart, has had and not removed. */
    List<QueueEntry> readOwn(String consumer, Most most) {
        return take(consumer, FIRST, most);
    }

    private List<QueueEntry> take(String consumer, byte[] from, Most most) {
        return read(() -> client.get().eval(TAKE, List.of(key), taking(consumer, from, most)));
    }

    private List<byte[]> taking(String consumer, byte[] from, Most most) {
        return List.of(
                group, bytes(consumer), from, bytes(Integer.toString(most.count)), bytes(Long.toString(most.bytes)));
    }

    private List<QueueEntry> read(Supplier<Object> answer) {
        return entries(inGroup(answer, List.of()));
    }

    // of a group that is not there, none
    private <T> T inGroup(Supplier<T> answer, T none) {
        try {
            return answer.get();
        } catch (JedisDataException e) {
            if (!String.valueOf(e.getMessage()).startsWith("NOGROUP")) {
                throw e;
            }
            createGroup();
            return none;
        }
    }

    /**
     * Entries whose consumers have not shown themselves for so long become this consumer's.
     *
     * @return how many; {@link #readOwn} reads them
     */
    int claim(String consumer, long idleMillis, int count) {
        XAutoClaimParams most = XAutoClaimParams.xAutoClaimParams().count(count);
        List<Object> answer = inGroup(
                () -> client.get().xautoclaimJustId(key, group, bytes(consumer), idleMillis, FIRST, most),
                List.of(FIRST, List.of()));
        return ((List<?>) answer.get(1)).size();
    }

    /** The consumer shows itself: the entries are in work, however long it takes. */
    void hold(String consumer, List<QueueEntry> entries) {
        client.get()
                .xclaimJustId(
                        key,
                        group,
                        bytes(consumer),
                        0,
                        XClaimParams.xClaimParams(),
                        entries.stream().map(entry -> bytes(entry.id())).toArray(byte[][]::new));
    }

    /** Takes entries out for good: their messages are stored. */
    void remove(List<QueueEntry> entries) {
        client.get().eval(REMOVE, List.of(key), removal(entries));
    }

    private List<byte[]> removal(List<QueueEntry> entries) {
        List<byte[]> arguments = new ArrayList<>(entries.size() + 1);
        arguments.add(group);
        entries.forEach(entry -> arguments.add(bytes(entry.id())));
        return arguments;
    }

    /** Entries in the stream, those in work included. */
    long length() {
        requireThatItKeeps();
        return client.get().xlen(key);
    }

    // Under any other policy Redis may delete what it holds. Anyone may change it, so it is asked again at times; of
    // a user who may not ask it is not known.
    private void requireThatItKeeps() {
        if (keeps && System.nanoTime() - askedNanos < POLICY_NANOS) {
            return;
        }
        String policy = NO_EVICTION;
        try {
            // a script, which a cluster runs where the stream is
            String memory =
                    new String((byte[]) client.get().eval(POLICY, List.of(key), List.of()), StandardCharsets.UTF_8);
            Matcher found = POLICY_LINE.matcher(memory);
            policy = found.find() ? found.group(1) : NO_EVICTION;
        } catch (JedisDataException e) {
            LOG.debug("Can't ask Redis for its maxmemory-policy", e);
        }
        askedNanos = System.nanoTime();
        keeps = policy.equals(NO_EVICTION);
        if (!keeps) {
            throw new JedisDataException("its maxmemory-policy is " + policy
                    + ", so it may delete messages when its memory runs out; set it to " + NO_EVICTION);
        }
    }

    private void createGroup() {
        try {
            client.get().xgroupCreate(key, group, FIRST, true);
            LOG.info("Consumer group made in Redis: the first start with this key, or Redis has lost what it held");
        } catch (JedisDataException e) {
            // another worker or instance was faster
            if (!String.valueOf(e.getMessage()).startsWith("BUSYGROUP")) {
                throw e;
            }
        }
    }

    private List<QueueEntry> entries(Object answer) {
        List<QueueEntry> entries = new ArrayList<>();
        List<QueueEntry> gone = new ArrayList<>();
        for (Object one : (List<?>) answer) {
            // Redis 6 claims entries that someone has deleted too, without a body or whole
            if (!(one instanceof List<?> entry)) {
                continue;
            }
            String id = new String((byte[]) entry.get(0), StandardCharsets.US_ASCII);
            if (entry.get(1) instanceof List<?> fields && fields.size() >= 2) {
                entries.add(new QueueEntry(id, (byte[]) fields.get(1)));
            } else {
                gone.add(new QueueEntry(id, new byte[0]));
            }
        }
        if (!gone.isEmpty()) {
            LOG.warn("{} entries of the stream were deleted by someone else before they were stored", gone.size());
            remove(gone);
        }
        return entries;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] script(String name) {
        try (InputStream in = RedisStream.class.getResourceAsStream("/io/msgstore/devices/queue/redis/" + name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
