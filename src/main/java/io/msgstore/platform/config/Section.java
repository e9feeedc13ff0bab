/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;

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
    final class Values {
        private final Settings settings;
        private final Map<String, String> environment;

        Values(Settings settings, Map<String, String> environment) {
            this.settings = settings;
            this.environment = environment;
        }

        public Settings settings() {
            return settings;
        }

        /** The name of this host. */
        public String host() {
            try {
                return InetAddress.getLocalHost().getHostName();
            } catch (UnknownHostException e) {
                // a name that resolves to no address: it is only told in the environment
                return environment.getOrDefault("HOSTNAME", environment.getOrDefault("COMPUTERNAME", "localhost"));
            }
        }

        /** Takes the place of a value. */
        public void put(String key, String value) {
            settings.put(key, value);
        }

        /** Says in the log what may be a mistake. */
        public void warn(String text) {
            settings.warn(text);
        }
    }
}
