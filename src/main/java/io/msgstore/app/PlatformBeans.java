/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import java.util.Map;

import io.micrometer.core.instrument.Gauge;
import org.apache.camel.health.HealthCheckRegistry;

import io.msgstore.platform.api.Answer;
import io.msgstore.platform.api.Problem;
import io.msgstore.platform.api.RouteFiles;
import io.msgstore.platform.database.Database;
import io.msgstore.platform.database.SqlAccess;
import io.msgstore.platform.database.StatementComponent;
import io.msgstore.platform.direct.LiveDirectComponent;
import io.msgstore.platform.health.MsgstoreHealthCheck;
import io.msgstore.platform.log.RecentErrors;
import io.msgstore.platform.metrics.FailureMeters;
import io.msgstore.platform.metrics.RouteMeters;
import io.msgstore.platform.module.Platform;
import io.msgstore.platform.vitals.ProcessHealth;

/** Binds what the routes of every module may refer to, and the meters that look at all of them. */
record PlatformBeans(Platform platform) {
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
        platform.bind("slowDataSource", database.source("slow"));
        platform.bind("isolationDataSource", database.source("isolation"));
        platform.bind("replayDataSource", database.source("replay"));
        platform.bind("readingDataSource", database.source("reading"));
    }

    /** After all modules, whose health checks are gauges too. */
    void meters() {
        // which build this is, in labels, as Prometheus does it
        Gauge.builder("msgstore.build.info", () -> 1)
                .description("1; the versions of msgstore, Camel and Java are in the labels")
                .tag("version", platform.version())
                .tag("camel", platform.context().getVersion())
                .tag("java", Runtime.version().toString())
                .register(platform.meters());
        HealthCheckRegistry.get(platform.context()).stream()
                .filter(MsgstoreHealthCheck.class::isInstance)
                .map(MsgstoreHealthCheck.class::cast)
                .forEach(check -> Gauge.builder("msgstore.healthy", () -> check.isKnownToBeUp() ? 1 : 0)
                        .description("1 when the health check of /observe/health/ready is UP, else 0")
                        .tag("check", check.getId())
                        .register(platform.meters()));
    }
}
