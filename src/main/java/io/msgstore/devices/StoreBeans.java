/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices;

import java.util.Map;

import io.msgstore.devices.mapping.MakeMessages;
import io.msgstore.devices.mapping.Mappings;
import io.msgstore.devices.store.BatchComponent;
import io.msgstore.devices.store.ReadEvent;
import io.msgstore.devices.store.StatementLocks;
import io.msgstore.devices.store.Statements;
import io.msgstore.devices.store.Stored;
import io.msgstore.platform.accounting.Accounting;
import io.msgstore.platform.accounting.Outcome;
import io.msgstore.platform.config.Settings;
import io.msgstore.platform.contract.Headers;
import io.msgstore.platform.contract.Parameters;
import io.msgstore.platform.database.Database;
import io.msgstore.platform.module.Platform;

/** Binds what the routes in {@code routes/mapping} and {@code routes/store} refer to. */
final class StoreBeans {
    private final Platform platform;
    private final Mappings mappings;
    final Stored stored = new Stored();
    private final StatementLocks locks = new StatementLocks();
    final Statements statements;

    StoreBeans(Platform platform, Mappings mappings) {
        this.platform = platform;
        this.mappings = mappings;
        Database database = platform.sql().database();
        statements = new Statements(
                platform.meters(),
                platform.accounting(),
                // whoever gives up on an outage wants to know it after msgstore.db-timeout-ms, also of a single message
                platform.settings().text("msgstore.on-outage").equals("hold") ? database::patience : patience -> {},
                locks);
    }

    void bind() {
        Settings settings = platform.settings();
        Accounting accounting = platform.accounting();
        platform.bind("noOtherStatement", locks);
        platform.bind("statements", statements);
        platform.context().getCamelContextExtension().addInterceptStrategy(statements);
        BatchComponent batch = new BatchComponent(accounting);
        batch.setVariables(Map.of(
                Parameters.TIME_ZONE, settings.text("msgstore.time-zone"),
                Parameters.MAX_FUTURE, settings.text("msgstore.time.max-future")));
        platform.bind("batch", batch);
        platform.bind("readEvent", new ReadEvent(mappings));
        MakeMessages messages = new MakeMessages(mappings, accounting);
        platform.step("makeMessages", messages::make);
        platform.step("takePart", messages::take);
        platform.step("filteredByMapping", accounting.step(Outcome.FILTERED, exchange -> "mapping"));
        platform.bind("stored", stored);
        platform.step("ignored", accounting.step(Outcome.IGNORED, exchange -> exchange.getMessage()
                .getHeader(Headers.EVENT, String.class)));
        // a sender may make up any number of events: they don't become a metric each
        platform.step("ignoredUnknown", accounting.step(Outcome.IGNORED, exchange -> "unknown"));
    }
}
