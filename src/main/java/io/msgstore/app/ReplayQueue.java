/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.apache.camel.CamelContext;
import org.apache.camel.CamelExecutionException;
import org.apache.camel.ProducerTemplate;
import org.apache.kafka.common.KafkaException;

import io.msgstore.devices.DeviceStore;
import io.msgstore.devices.QueueSettings;
import io.msgstore.devices.queue.QueueEntry;
import io.msgstore.devices.queue.kafka.KafkaQueue;
import io.msgstore.devices.queue.kafka.KafkaReplay;
import io.msgstore.platform.accounting.Accounting;
import io.msgstore.platform.config.Settings;
import io.msgstore.platform.config.UserError;
import io.msgstore.platform.database.SqlFailure;

/**
 * {@code --replay-queue}: stores what is still in the topic once more, from a time or an offset to what was its end at the
 * beginning. Beside a running service: it has its own place in the topic and leaves the group's as it is.
 *
 * @param from a time (RFC 3339), an offset, or {@code beginning}
 * @param stop ends it early
 * @param out where it says how far it is
 */
record ReplayQueue(
        CamelContext context,
        Accounting accounting,
        Settings settings,
        String from,
        CountDownLatch stop,
        PrintStream out) {
    private static final String DELIVER = "direct:queue-deliver";

    /**
     * Looks at what was asked for, before anything is started.
     *
     * @throws UserError when the queue can't be read from there
     */
    static void check(String from) {
        try {
            KafkaReplay.checkStart(from);
        } catch (IllegalArgumentException e) {
            throw new UserError("--from=" + from + ": " + e.getMessage(), e);
        }
    }

    /**
     * Prints a line a second, and one at the end.
     *
     * @return whether all of it is stored
     */
    boolean run() throws InterruptedException {
        KafkaQueue kafka = context.getRegistry().lookupByNameAndType(DeviceStore.REPLAYED_QUEUE, KafkaQueue.class);
        ProducerTemplate template = context.createProducerTemplate();
        long said = System.nanoTime();
        boolean unsaid = true;
        try (KafkaReplay replay = KafkaReplay.begin(
                kafka, from, settings.number("msgstore.batch-size"), new QueueSettings(settings).takenBytes())) {
            while (replay.hasMore() && stop.getCount() > 0) {
                List<QueueEntry> entries = replay.next();
                if (!entries.isEmpty() && !deliver(template, entries)) {
                    break;
                }
                unsaid = true;
                if (System.nanoTime() - said > TimeUnit.SECONDS.toNanos(1)) {
                    said = System.nanoTime();
                    say(replay);
                    unsaid = false;
                }
            }
            if (unsaid) {
                say(replay);
            }
            return !replay.hasMore();
        } catch (KafkaException e) {
            throw new UserError("Kafka: " + SqlFailure.message(e), e);
        }
    }

    private boolean deliver(ProducerTemplate template, List<QueueEntry> entries) throws InterruptedException {
        do {
            try {
                template.sendBody(DELIVER, entries);
                return true;
            } catch (CamelExecutionException e) {
                out.println("tried again: " + SqlFailure.message(e));
            }
        } while (!stop.await(1, TimeUnit.SECONDS));
        return false;
    }

    private void say(KafkaReplay replay) {
        out.println("replayed %d of %d: %s".formatted(replay.done(), replay.all(), Drain.counts(accounting)));
    }
}
