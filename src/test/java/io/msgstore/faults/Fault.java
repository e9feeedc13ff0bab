/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.faults;

import java.util.function.UnaryOperator;

import io.msgstore.bench.load.LoadPublisher;

/**
 * Something that goes wrong while messages flow.
 *
 * @param name short, for the table
 * @param does what happens, for the table
 * @param prepare before msgstore starts
 * @param rate messages per second
 * @param load how else the load differs from that of the other faults
 * @param inject makes it go wrong, and returns when the cause is gone
 * @param brief whether it is in the short form of the suite
 * @param forgets who loses what it has, which is outside of what msgstore guarantees; null for nobody
 */
record Fault(
        String name,
        String does,
        Step prepare,
        int rate,
        UnaryOperator<LoadPublisher> load,
        Step inject,
        boolean brief,
        String forgets) {

    /** Something to do with the parts. */
    interface Step {
        void on(Scene scene) throws Exception;
    }

    Fault(String name, String does, Step inject) {
        this(name, does, scene -> {}, 2000, load -> load, inject, false, null);
    }

    Fault preparedBy(Step step) {
        return new Fault(name, does, step, rate, load, inject, brief, forgets);
    }

    Fault at(int messagesPerSecond) {
        return new Fault(name, does, prepare, messagesPerSecond, load, inject, brief, forgets);
    }

    Fault withLoad(UnaryOperator<LoadPublisher> change) {
        return new Fault(name, does, prepare, rate, change, inject, brief, forgets);
    }

    /** Also in the short form of the suite. */
    Fault alsoInBrief() {
        return new Fault(name, does, prepare, rate, load, inject, true, forgets);
    }

    /** @param who such as "the broker" */
    Fault whichIsForgottenBy(String who) {
        return new Fault(name, does, prepare, rate, load, inject, brief, who);
    }
}
