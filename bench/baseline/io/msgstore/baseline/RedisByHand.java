/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.baseline;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

import redis.clients.jedis.AbstractPipeline;
import redis.clients.jedis.JedisPooled;
import redis.clients.jedis.Response;
import redis.clients.jedis.params.XReadGroupParams;

/**
 * A queue in Redis as one would write it by hand: the commands of msgstore's own, as often, with the same client and the same
 * threads (one that writes, one that works), and nothing else. No routes, no envelopes, no accounts, no reconnect. What arrives counts as
 * stored.
 */
public final class RedisByHand {
    private static final byte[] KEY = bytes("by-hand");
    private static final byte[] GROUP = bytes("group");
    private static final byte[] CONSUMER = bytes("one");
    private static final byte[] CAPACITY = bytes("1000000");
    private static final int MOST = 500;
    private static final long BETWEEN_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final int BLOCK_MILLIS = 100;

    private final JedisPooled redis;
    private final BlockingQueue<byte[]> queue = new LinkedBlockingQueue<>(100_000);
    private final Consumer<byte[]> work;

    /** @param work gets each message, on the thread that works */
    public RedisByHand(String url, Consumer<byte[]> work) {
        this.redis = new JedisPooled(URI.create(url));
        this.work = work;
        redis.xgroupCreate(KEY, GROUP, bytes("0"), true);
        daemon("writer", this::write);
        daemon("worker", this::read);
    }

    /** Adds a message. */
    public void send(byte[] message) {
        try {
            queue.put(message);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void write() throws Exception {
        byte[] enqueue = script("enqueue.lua");
        long written = System.nanoTime();
        while (true) {
            long early = BETWEEN_NANOS - (System.nanoTime() - written);
            if (early > 0) {
                LockSupport.parkNanos(early);
            }
            List<byte[]> arguments = new ArrayList<>();
            arguments.add(CAPACITY);
            arguments.add(queue.take());
            queue.drainTo(arguments, MOST - 1);
            written = System.nanoTime();
            redis.eval(enqueue, List.of(KEY), arguments);
        }
    }

    private void read() throws Exception {
        byte[] remove = script("remove.lua");
        XReadGroupParams how = XReadGroupParams.xReadGroupParams().count(MOST).block(BLOCK_MILLIS);
        List<byte[]> done = new ArrayList<>();
        while (true) {
            List<Object> streams;
            try (AbstractPipeline pipeline = redis.pipelined()) {
                if (!done.isEmpty()) {
                    done.add(0, GROUP);
                    pipeline.eval(remove, List.of(KEY), done);
                }
                Response<List<Object>> read = pipeline.xreadGroup(GROUP, CONSUMER, how, Map.entry(KEY, bytes(">")));
                pipeline.sync();
                streams = read.get();
            }
            done = new ArrayList<>();
            if (streams != null && !streams.isEmpty()) {
                for (Object entry : (List<?>) ((List<?>) streams.get(0)).get(1)) {
                    List<?> parts = (List<?>) entry;
                    done.add((byte[]) parts.get(0));
                    work.accept((byte[]) ((List<?>) parts.get(1)).get(1));
                }
            }
        }
    }

    private interface Loop {
        void run() throws Exception;
    }

    private static void daemon(String name, Loop loop) {
        Thread thread = new Thread(
                () -> {
                    try {
                        loop.run();
                    } catch (Exception e) {
                        e.printStackTrace();
                        System.exit(1);
                    }
                },
                name);
        thread.setDaemon(true);
        thread.start();
    }

    private static byte[] script(String name) throws IOException {
        try (InputStream in = RedisByHand.class.getResourceAsStream("/io/msgstore/devices/queue/redis/" + name)) {
            return in.readAllBytes();
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
