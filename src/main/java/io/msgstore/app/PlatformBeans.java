/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import java.util.Map;

import org.apache.camel.health.HealthCheckRegistry;

import io.msgstore.platform.api.Answer;
import io.msgstore.platform.api.Problem;
import io.msgstore.platform.api.RouteFiles;
import io.msgstore.platform.database.Database;
import io.msgstore.platform.database.SqlAccess;
import io.msgstore.platform.database.StatementComponent;
import io.msgstore.platform.direct.LiveDirectComponent;
import io.msgstore.platform.log.RecentErrors;
import io.msgstore.platform.metrics.FailureMeters;
import io.msgstore.platform.metrics.RouteMeters;
import io.msgstore.platform.metrics.StateMeters;
import io.msgstore.platform.module.Platform;
import io.msgstore.platform.vitals.ProcessHealth;

/** Binds what the routes of every module may refer to, and the meters that look at all of them. */
final class PlatformBeans {
    private final Platform platform;

    PlatformBeans(Platform platform) {
        this.platform = platform;
    }

    /** @param errors what the log warned of */
    void bind(RecentErrors errors) {
        platform.bind("direct", new LiveDirectComponent());
        RouteFiles files =
                new RouteFiles(platform.context(), platform.settings().directory());
        platform.step("answerAccounts", Answer.of(platform.accounting()::accounts));
        platform.step("answerRouteFiles", Answer.of(files::list));
        platform.step("answerProblem", Problem::of);
        platform.step("answerErrors", Answer.of(() -> Map.of("items", errors.entries())));
        platform.context().addRoutePolicyFactory(new RouteMeters(platform.meters()));
        platform.context().addRoutePolicyFactory(new FailureMeters(platform.meters()));
        platform.check(new ProcessHealth());
        SqlAccess sql = platform.sql();
        if (sql != null) {
            platform.check(sql.health());
            bind(sql.database());
        }
    }

    private void bind(Database database) {
        StatementComponent sql = new StatementComponent();
        sql.setDataSource(database.store());
        platform.bind("sql", sql);
        platform.bind("storeDataSource", database.store());
        platform.bind("patientDataSource", database.patient());
        platform.bind("slowDataSource", database.slow());
        platform.bind("isolationDataSource", database.isolation());
        platform.bind("replayDataSource", database.replay());
        platform.bind("readingDataSource", database.reading());
    }

    /** After all modules, whose health checks are gauges too. */
    void meters() {
        StateMeters state = new StateMeters(platform.meters());
        state.build(platform.version(), platform.context().getVersion());
        SqlAccess sql = platform.sql();
        HealthCheckRegistry.get(platform.context()).stream()
                .filter(check -> check.getGroup().equals("msgstore") && (sql == null || check != sql.health()))
                .forEach(state::health);
        if (sql != null) {
            // a scrape does not wait for the database
            state.health(sql.health().getId(), sql.health()::isKnownToBeUp);
        }
    }
}
