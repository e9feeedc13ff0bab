/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.module;

import java.util.List;
import java.util.Map;
import java.util.Optional;

import org.apache.camel.builder.RouteBuilder;

import io.msgstore.platform.config.Section;
import io.msgstore.platform.config.UserError;

/**
 * One of the systems that msgstore consists of, or a system of your own: routes, what they refer to, settings, tables. docs/modules.md
 * shows the smallest.
 *
 * <p>It is found by {@link java.util.ServiceLoader} and has a constructor without parameters, which does nothing: it is made whether
 * {@code msgstore.modules} names it or not. Nothing else is called of a module that is off, but {@link #name} and {@link #keys}.
 *
 * <p>Its name begins the names of all that it has: routes in {@code routes/<name>/}, SQL in {@code sql/<database>/<name>/}, whose place
 * a route finds as {@code {{<name>.sql}}}, settings {@code msgstore.<name>.…}, meters {@code msgstore_<name>_…}, endpoints
 * {@code direct:<name>-…} and tables. The folders are those of the working directory, or else those of the jar that the module is in.
 */
public interface Module extends Section {
    /**
     * Looks at what needs no server, before anything is started.
     *
     * @param routes locations of the route files of all modules
     * @throws UserError when the user has something to put right
     */
    default void prepare(Start start, List<String> routes) {}

    /**
     * Locations of the route files, in the order in which a message passes them. It is asked again for each edit with {@code --dev}.
     *
     * @throws UserError when a setting names what is not there
     */
    default List<String> routes(Start start) {
        return start.bundle().of(this).routes(name());
    }

    /** Routes that are made by the start. */
    default Optional<RouteBuilder> furtherRoutes(Start start) {
        return Optional.empty();
    }

    /** What placeholders in its routes say beside settings, by name. */
    default Map<String, String> placeholders(Start start) {
        return Map.of();
    }

    /** Whether it needs the database of {@code msgstore.dsn}. Its tables are made by the files in {@link #migrations}. */
    default boolean needsDatabase() {
        return false;
    }

    /** The folder of its migrations, in {@code sql/<database>/}. They have a history of their own. */
    default String migrations() {
        return name() + "/migration";
    }

    /** The table in which stands which of its migrations were run. */
    default String history() {
        return "msgstore_" + name().replace('-', '_') + "_schema_history";
    }

    /**
     * Binds what the routes refer to, and what looks on: components, beans, meters, health checks. With {@code --dev} it is called once
     * more for each edit, for a Camel that starts nothing.
     */
    default void bind(Platform platform) {}
}
