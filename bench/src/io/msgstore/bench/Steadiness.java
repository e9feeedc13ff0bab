/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Whether the machine does the same work in the same time, before anything else runs on it. Where it does not, as a virtual
 * one whose memory or cores others use too, the high percentiles of a trial are its own as much as the contender's.
 */
final class Steadiness {
    private static final long WARM_UP_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long WINDOW_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    // as much as a small process works on: a loop in registers would notice nothing of slow memory
    private static final int BYTES = 16 << 20;
    private static final int TOUCHES = 1_000;
    // where the work of a round ends up, so that it is done
    private static volatile long sink;

    private Steadiness() {}

    /** A line for the report. */
    static String measure() {
        byte[] memory = new byte[BYTES];
        Arrays.fill(memory, (byte) 1);
        List<Integer> rounds = new ArrayList<>();
        long begin = System.nanoTime();
        long window = begin;
        int done = 0;
        int random = 1;
        for (long now = begin; now - begin < WARM_UP_NANOS + NANOS; now = System.nanoTime()) {
            if (now - window >= WINDOW_NANOS) {
                if (now - begin > WARM_UP_NANOS) {
                    rounds.add((int) (done * WINDOW_NANOS / (now - window)));
                }
                window = now;
                done = 0;
            }
            long sum = 0;
            for (int i = 0; i < TOUCHES; i++) {
                random = random * 1_664_525 + 1_013_904_223;
                sum += memory[(random >>> 8) % BYTES];
            }
            sink = sum;
            done++;
        }
        Collections.sort(rounds);
        int median = rounds.get(rounds.size() / 2);
        long slow = rounds.stream().filter(each -> each < median / 2).count();
        return "of %d times 10 ms of reading here and there in %d MiB on one core, %d went at less than half the usual speed"
                        .formatted(rounds.size(), BYTES >> 20, slow)
                + ", the slowest at %.0f %% of it".formatted(100.0 * rounds.get(0) / median);
    }
}
