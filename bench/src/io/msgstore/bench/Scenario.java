/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.bench;

import java.util.Map;
import java.util.Set;

/**
 * A load, a broker and a table to measure with.
 *
 * @param name short, for the command line and the files
 * @param about one line for the report
 * @param messages number of messages of the measured load
 * @param warmUp number of messages before it, as fast as it goes
 * @param rate messages a second; 0 for as fast as it goes
 * @param devices number of devices that take turns
 * @param padding bytes added to each message of about 170
 * @param window messages that the broker has in flight to a client; 0 for the broker's default
 * @param rowsBefore rows that are in the table beforehand
 * @param settings configuration keys of msgstore
 * @param contenders names of those that take part
 */
record Scenario(
        String name,
        String about,
        int messages,
        int warmUp,
        int rate,
        int devices,
        int padding,
        int window,
        long rowsBefore,
        Map<String, String> settings,
        Set<String> contenders) {

    /** As fast as it goes, 400,000 messages of 500 devices, a window of 1,000, msgstore alone. */
    static Scenario fullSpeed(String name, String about) {
        return new Scenario(name, about, 400_000, 200_000, 0, 500, 0, 1000, 0, Map.of(), Set.of(Contenders.MSGSTORE));
    }

    /** At a rate for half a minute, after a warm-up at full speed. */
    static Scenario steady(int rate) {
        return fullSpeed("steady-" + rate, rate + " messages a second for 30 s")
                .with(rate * 30, rate)
                .among(Contenders.MSGSTORE, Contenders.STRAIGHTFORWARD, Contenders.BEST);
    }

    Scenario with(int messages, int rate) {
        return new Scenario(
                name, about, messages, warmUp, rate, devices, padding, window, rowsBefore, settings, contenders);
    }

    /** The same with a share of the messages. */
    Scenario scaled(double share) {
        return new Scenario(
                name,
                about,
                (int) (messages * share),
                (int) (warmUp * share),
                rate,
                devices,
                padding,
                window,
                rowsBefore,
                settings,
                contenders);
    }

    Scenario devices(int value) {
        return new Scenario(
                name, about, messages, warmUp, rate, value, padding, window, rowsBefore, settings, contenders);
    }

    Scenario padding(int value) {
        return new Scenario(
                name, about, messages, warmUp, rate, devices, value, window, rowsBefore, settings, contenders);
    }

    Scenario window(int value) {
        return new Scenario(
                name, about, messages, warmUp, rate, devices, padding, value, rowsBefore, settings, contenders);
    }

    Scenario rowsBefore(long value) {
        return new Scenario(name, about, messages, warmUp, rate, devices, padding, window, value, settings, contenders);
    }

    Scenario settings(Map<String, String> values) {
        return new Scenario(
                name, about, messages, warmUp, rate, devices, padding, window, rowsBefore, values, contenders);
    }

    Scenario among(String... names) {
        return new Scenario(
                name, about, messages, warmUp, rate, devices, padding, window, rowsBefore, settings, Set.of(names));
    }
}
