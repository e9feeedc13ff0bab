/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

import io.msgstore.support.Limits;

import static org.assertj.core.api.Assertions.assertThat;

class AcknowledgementWindowTest {

    private final List<Integer> sent = new ArrayList<>();
    private final AcknowledgementWindow window = open(sent::add);

    private static AcknowledgementWindow open(AcknowledgementWindow.Sender sender) {
        AcknowledgementWindow window = new AcknowledgementWindow(sender);
        window.open();
        return window;
    }

    @Test
    void sendsNothingBeforeItIsOpened() {
        AcknowledgementWindow early = new AcknowledgementWindow(sent::add);
        early.complete(early.add(11));
        long second = early.add(12);
        assertThat(sent).isEmpty();
        early.open();
        assertThat(sent).containsExactly(11);
        early.complete(second);
        assertThat(sent).containsExactly(11, 12);
    }

    @Test
    void holdsAnAcknowledgementUntilAllEarlierOnesAreDue() {
        long first = window.add(11);
        long second = window.add(12);
        long third = window.add(13);

        window.complete(third);
        window.complete(second);
        assertThat(sent).isEmpty();
        assertThat(window.size()).isEqualTo(3);

        window.complete(first);
        assertThat(sent).containsExactly(11, 12, 13);
        assertThat(window.size()).isZero();
    }

    @Test
    void waitsWithEnoughInFlightAsLongAsMessagesAreAcknowledged() throws Exception {
        long first = window.add(1);
        long second = window.add(2);
        CompletableFuture<Boolean> room = CompletableFuture.supplyAsync(() -> window.awaitRoom(10, 2));
        window.complete(first);
        assertThat(room.get(Limits.SECONDS, TimeUnit.SECONDS)).isTrue();
        long third = window.add(3);

        // nothing is acknowledged, so it waits in vain once, and then no more
        long before = System.nanoTime();
        assertThat(window.awaitRoom(10, 2)).isTrue();
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThanOrEqualTo(Duration.ofMillis(100));
        assertThat(window.size()).isEqualTo(2);
        window.add(4);
        // a quarter of an hour if it waited each time
        CompletableFuture<Void> many = CompletableFuture.runAsync(() -> {
            for (int i = 0; i < 10_000; i++) {
                assertThat(window.awaitRoom(10, 2)).isTrue();
            }
        });
        many.get(Limits.SECONDS, TimeUnit.SECONDS);

        // it goes on, and so it waits again
        window.complete(second);
        CompletableFuture<Boolean> again = CompletableFuture.supplyAsync(() -> window.awaitRoom(10, 2));
        window.complete(third);
        assertThat(again.get(Limits.SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(window.size()).isOne();
    }

    @Test
    void growsAndWrapsWithoutMixingMessagesUp() {
        List<Integer> expected = new ArrayList<>();
        List<Long> open = new ArrayList<>();
        Random random = new Random(1);
        for (int id = 1; id <= 10_000; id++) {
            open.add(window.add(id));
            expected.add(id);
            while (open.size() > 1 + random.nextInt(300)) {
                window.complete(open.remove(random.nextInt(open.size())));
            }
        }
        open.forEach(window::complete);
        assertThat(sent).isEqualTo(expected);
    }

    @Test
    void keepsTheOrderWhenSeveralThreadsComplete() throws Exception {
        int messages = 200_000;
        List<Long> slots = new ArrayList<>();
        for (int id = 0; id < messages; id++) {
            slots.add(window.add(id));
        }
        Collections.shuffle(slots, new Random(2));
        CountDownLatch done = new CountDownLatch(4);
        for (int worker = 0; worker < 4; worker++) {
            int from = worker;
            new Thread(() -> {
                        for (int i = from; i < messages; i += 4) {
                            window.complete(slots.get(i));
                        }
                        done.countDown();
                    })
                    .start();
        }
        assertThat(done.await(Limits.SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(sent).isEqualTo(IntStream.range(0, messages).boxed().toList());
    }

    @Test
    void completesOnce() {
        long slot = window.add(1);
        window.complete(slot);
        window.complete(slot);
        assertThat(sent).containsExactly(1);
    }

    @Test
    void dropsAcknowledgementsOfAConnectionThatIsGone() {
        long slot = window.add(1);
        window.close();
        window.complete(slot);
        assertThat(sent).isEmpty();
        assertThat(window.size()).isZero();
    }

    @Test
    void hasRoomAgainWhenTheOldestIsAcknowledgedOrTheConnectionGone() throws Exception {
        long first = window.add(1);
        long second = window.add(2);
        assertThat(window.awaitRoom(3, 3)).isTrue();

        CompletableFuture<Boolean> room = CompletableFuture.supplyAsync(() -> window.awaitRoom(2, 2));
        window.complete(second);
        assertThat(room).isNotDone();
        window.complete(first);
        assertThat(room.get(Limits.SECONDS, TimeUnit.SECONDS)).isTrue();

        window.add(3);
        CompletableFuture<Boolean> none = CompletableFuture.supplyAsync(() -> window.awaitRoom(1, 1));
        window.close();
        assertThat(none.get(Limits.SECONDS, TimeUnit.SECONDS)).isFalse();
    }

    @Test
    void closesWhenSendingFails() {
        AcknowledgementWindow broken = open(id -> {
            throw new IllegalStateException("gone");
        });
        long first = broken.add(1);
        broken.add(2);
        broken.complete(first);
        assertThat(broken.size()).isZero();
    }

    @Test
    void closesWhenSendingFailsWithAnError() {
        AcknowledgementWindow broken = open(id -> {
            throw new NoClassDefFoundError("no such class");
        });
        broken.complete(broken.add(1));
        assertThat(broken.awaitRoom(1, 1)).isFalse();
    }
}
