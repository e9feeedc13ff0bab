/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import io.msgstore.support.Limits;

import static org.assertj.core.api.Assertions.assertThat;

@Timeout(60)
class InFlightBytesTest {
    private final InFlightBytes bytes = new InFlightBytes(100);
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicBoolean wanted = new AtomicBoolean(true);

    @AfterEach
    void endThreads() throws InterruptedException {
        wanted.set(false);
        for (Thread thread : threads) {
            thread.join();
        }
    }

    @Test
    void hasRoomUpToItsLimit() {
        assertThat(bytes.takeAtOnce(60)).isTrue();
        assertThat(bytes.takeAtOnce(40)).isTrue();
        assertThat(bytes.takeAtOnce(1)).isFalse();
        assertThat(bytes.used()).isEqualTo(100);
        bytes.giveBack(40);
        assertThat(bytes.takeAtOnce(40)).isTrue();
    }

    @Test
    void oneThatIsLargerThanAllOfItGoesAlone() {
        assertThat(bytes.takeAtOnce(500)).isTrue();
        assertThat(bytes.takeAtOnce(1)).isFalse();
        bytes.giveBack(500);
        assertThat(bytes.takeAtOnce(1)).isTrue();
        assertThat(bytes.takeAtOnce(500)).isFalse();
    }

    @Test
    void oneWithoutRoomWaitsUntilThereIsSome() {
        bytes.takeAtOnce(100);
        AtomicInteger taken = new AtomicInteger();
        waiting(30, taken);
        assertThat(bytes.isFull()).isTrue();
        assertThat(taken).hasValue(0);
        bytes.giveBack(30);
        Awaitility.await().atMost(Limits.LIMIT).until(() -> taken.get() == 30);
        assertThat(bytes.used()).isEqualTo(100);
        assertThat(bytes.isFull()).isFalse();
    }

    @Test
    void aLargeOneIsNotOvertakenForEver() {
        bytes.takeAtOnce(50);
        AtomicInteger large = new AtomicInteger();
        waiting(90, large);
        // there would be room for it
        assertThat(bytes.takeAtOnce(1)).isFalse();
        bytes.giveBack(50);
        Awaitility.await().atMost(Limits.LIMIT).until(() -> large.get() == 90);
        assertThat(bytes.takeAtOnce(1)).isTrue();
    }

    @Test
    void oneThatIsNotWantedAnyMoreTakesNone() throws InterruptedException {
        bytes.takeAtOnce(100);
        AtomicInteger taken = new AtomicInteger();
        waiting(30, taken);
        wanted.set(false);
        threads.get(0).join();
        bytes.giveBack(100);
        assertThat(taken).hasValue(0);
        assertThat(bytes.used()).isZero();
        assertThat(bytes.isFull()).isFalse();
    }

    @Test
    void neverGivesMoreThanItHasToManyAtATime() throws InterruptedException {
        ConcurrentLinkedQueue<Long> seen = new ConcurrentLinkedQueue<>();
        CountDownLatch done = new CountDownLatch(8);
        for (int i = 0; i < 8; i++) {
            Thread thread = new Thread(() -> {
                for (int n = 0; n < 5_000; n++) {
                    int some = ThreadLocalRandom.current().nextInt(1, 60);
                    assertThat(bytes.take(some, () -> true)).isTrue();
                    if (bytes.used() > 100) {
                        seen.add(bytes.used());
                    }
                    bytes.giveBack(some);
                }
                done.countDown();
            });
            threads.add(thread);
            thread.start();
        }
        done.await();
        assertThat(seen).isEmpty();
        assertThat(bytes.used()).isZero();
        assertThat(bytes.isFull()).isFalse();
    }

    private void waiting(int some, AtomicInteger taken) {
        Thread thread = new Thread(() -> {
            if (bytes.take(some, wanted::get)) {
                taken.set(some);
            }
        });
        threads.add(thread);
        thread.start();
        Awaitility.await().atMost(Limits.LIMIT).until(bytes::isFull);
    }
}
