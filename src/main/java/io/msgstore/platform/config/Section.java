/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.config;

import java.util.List;

/** The settings of a module: a section of {@code application.properties}. */
public interface Section {
    /** Names the module: in {@code msgstore.modules}, in its folders, in its keys and in its meters. */
    String name();

    /**
     * What the module may be told, in the order of the file. A value is checked whether the module is on or not. A module that comes
     * in a jar of its own has the defaults in {@code <name>.properties} beside its class.
     */
    default List<Key> keys() {
        return List.of();
    }

    /** Finds what is wrong with one setting beside another. Only of a module that is on. */
    default void check(Findings findings) {}

    /** Puts a value where another says how to find it. Only of a module that is on, when all values are right. */
    default void complete(Values values) {}

    /** The values, to be completed. */
    interface Values {
        Settings settings();

        /** The name of this host. */
        String host();

        /** Takes the place of a value. */
        void put(String key, String value);

        /** Says in the log what may be a mistake. */
        void warn(String text);
    }
}
