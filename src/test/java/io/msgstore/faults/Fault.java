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
 * @param load how the load differs from that of the other faults
 * @param inject makes it go wrong, and returns when the cause is gone
 * @param brief whether it is in the short form of the suite
 * @param brokerForgets whether the broker loses what it has, which is outside of what msgstore guarantees
 */
record Fault(
        String name,
        String does,
        Step prepare,
        UnaryOperator<LoadPublisher> load,
        Step inject,
        boolean brief,
        boolean brokerForgets) {

    /** Something to do with the parts. */
    interface Step {
        void on(Scene scene) throws Exception;
    }

    Fault(String name, String does, Step inject) {
        this(name, does, scene -> {}, load -> load, inject, false, false);
    }

    Fault preparedBy(Step step) {
        return new Fault(name, does, step, load, inject, brief, brokerForgets);
    }

    Fault withLoad(UnaryOperator<LoadPublisher> change) {
        return new Fault(name, does, prepare, change, inject, brief, brokerForgets);
    }

    /** Also in the short form of the suite. */
    Fault alsoInBrief() {
        return new Fault(name, does, prepare, load, inject, true, brokerForgets);
    }

    Fault whichTheBrokerForgets() {
        return new Fault(name, does, prepare, load, inject, brief, true);
    }
}
