/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices;

import java.lang.management.ManagementFactory;

import com.sun.management.OperatingSystemMXBean;

import io.msgstore.devices.canary.Canary;
import io.msgstore.devices.queue.Bottleneck;
import io.msgstore.devices.queue.QueueGate;
import io.msgstore.devices.status.DatabaseWatch;
import io.msgstore.devices.status.Observer;
import io.msgstore.devices.store.Statements;
import io.msgstore.platform.accounting.Accounting;
import io.msgstore.platform.api.Answer;
import io.msgstore.platform.config.Settings;
import io.msgstore.platform.module.Platform;

/** Binds what says how things are: the operator's page, its API, and the log's word on what holds messages up. */
final class StatusBeans {
    private StatusBeans() {}

    static void bind(
            Platform platform,
            IntakeBeans intake,
            QueueBeans queue,
            Statements statements,
            DatabaseWatch database,
            Canary canary) {
        Bottleneck bottleneck = bottleneck(platform, intake, queue, statements);
        platform.step("sayBottleneck", bottleneck);
        platform.step("watchDatabase", database);
        Observer observer = new Observer(
                platform,
                queue.gate,
                queue.state(),
                queue.guarantees,
                intake.mqtt,
                database,
                bottleneck,
                canary::problem);
        platform.step("sampleStatus", observer);
        platform.step("answerStatus", Answer.of(observer::status));
        platform.step("answerHistory", Answer.of(observer::history));
    }

    private static Bottleneck bottleneck(
            Platform platform, IntakeBeans intake, QueueBeans queue, Statements statements) {
        Settings settings = platform.settings();
        QueueGate gate = queue.gate;
        Accounting accounting = platform.accounting();
        OperatingSystemMXBean machine = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        Bottleneck.Limits limits = new Bottleneck.Limits(
                gate.capacity(),
                settings.number("msgstore.mqtt.receive-maximum"),
                IntakeBeans.enoughInFlight(settings),
                intake.inFlightBytes.limit(),
                settings.number("msgstore.workers"),
                settings.number("msgstore.batch-size"));
        return new Bottleneck(
                limits,
                () -> new Bottleneck.Look(
                        System.nanoTime(),
                        accounting.received(),
                        // behind a durable queue it says nothing about the broker: batches go in and out
                        queue.settings.takesFromDurable() ? 0 : accounting.takePeakInFlight(),
                        gate.length(),
                        statements.totalMillis(),
                        machine.getCpuLoad(),
                        machine.getProcessCpuLoad(),
                        intake.inFlightBytes.isFull(),
                        statements.lastError() != null));
    }
}
