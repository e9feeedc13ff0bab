/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import java.io.PrintStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

import io.msgstore.platform.accounting.Accounting;
import io.msgstore.platform.accounting.Outcome;
import io.msgstore.platform.console.Console;

/** What {@code --demo} prints: where everything is, and a line of counts each second. */
record DemoScreen(
        Plan plan, PrintStream out, Backends backends, HttpPort http, Accounting accounting, IntSupplier queueLength) {
    /** Counts until {@code stop} opens. */
    void show(CountDownLatch stop) throws InterruptedException {
        out.println();
        if (plan.hasStore()) {
            howToPublish();
        }
        out.println("page      " + http.url() + "/");
        out.println("metrics   " + http.url() + "/observe/metrics");
        out.println("health    " + http.url() + "/observe/health");
        out.println("console   " + http.url() + Console.PATH);
        out.println("stop      Ctrl-C");
        out.println();
        if (plan.hasStore()) {
            count(stop);
        }
    }

    private void howToPublish() {
        out.println("publish   " + backends.brokerUrl() + "   topic devices/<name>/up, for example");
        out.println(
                "          mosquitto_pub -p " + backends.brokerPort() + " -q 1 -t devices/me/up -m "
                        + "'{\"event\":\"gps\",\"terminal_id\":\"me\",\"ts\":1770602938,\"latitude\":48.2,\"longitude\":16.4}'");
        out.println("query     psql " + backends.psqlUrl() + " -c 'select * from gps_position_last'");
    }

    private void count(CountDownLatch stop) throws InterruptedException {
        long storedBefore = 0;
        while (!stop.await(1, TimeUnit.SECONDS)) {
            long stored = accounting.total(Outcome.STORED);
            out.println(String.format(
                    "received %,d  stored %,d  dead %,d  queue %,d  rate %,d/s",
                    accounting.received(),
                    stored,
                    accounting.total(Outcome.DEAD),
                    queueLength.getAsInt(),
                    stored - storedBefore));
            storedBefore = stored;
        }
    }
}
