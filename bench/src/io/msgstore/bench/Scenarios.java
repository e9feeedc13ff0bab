/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What is measured. */
final class Scenarios {
    private Scenarios() {}

    static List<Scenario> all() {
        List<Scenario> all = new ArrayList<>();
        all.add(Scenario.fullSpeed("full-speed", "as fast as it goes, broker window 1,000")
                .among(Contenders.MSGSTORE, Contenders.STRAIGHTFORWARD, Contenders.BEST, Contenders.PLAIN_CAMEL));
        all.add(Scenario.fullSpeed("window-20", "as fast as it goes, the broker's default window of 20, one connection")
                .window(0)
                .among(Contenders.MSGSTORE, Contenders.STRAIGHTFORWARD, Contenders.BEST));
        for (int connections : new int[] {2, 4}) {
            all.add(Scenario.fullSpeed(
                            "window-20-connections-" + connections,
                            "the same with " + connections + " connections in a shared subscription")
                    .window(0)
                    .settings(Map.of("msgstore.mqtt.consumers", Integer.toString(connections))));
        }
        for (int rate : new int[] {1000, 3000, 5000}) {
            all.add(Scenario.steady(rate));
        }
        all.add(Scenario.fullSpeed("burst", "50,000 at once, then silence").with(50_000, 0));
        all.add(Scenario.fullSpeed("on-enqueue", "acknowledged when queued, not when committed")
                .settings(Map.of("msgstore.ack", "on-enqueue")));
        all.add(Scenario.fullSpeed("devices-1k", "1,000 devices").devices(1000));
        all.add(Scenario.fullSpeed("devices-100k", "100,000 devices").devices(100_000));
        all.add(Scenario.fullSpeed("rows-1m", "1 million rows in the table before")
                .rowsBefore(1_000_000));
        all.add(Scenario.fullSpeed("rows-10m", "10 million rows in the table before")
                .rowsBefore(10_000_000));
        all.add(Scenario.fullSpeed("payload-2k", "2 KB a message").padding(1850).with(150_000, 0));
        all.add(Scenario.fullSpeed("payload-20k", "20 KB a message")
                .padding(20_000)
                .with(20_000, 0));
        for (int size : new int[] {50, 200, 500, 2000}) {
            for (int linger : new int[] {5, 20, 100}) {
                all.add(Scenario.fullSpeed(
                                "batch-" + size + "-linger-" + linger,
                                "batches of " + size + ", linger " + linger + " ms")
                        .settings(Map.of(
                                "msgstore.batch-size", Integer.toString(size),
                                "msgstore.batch-linger-ms", Integer.toString(linger))));
            }
        }
        return all;
    }
}
