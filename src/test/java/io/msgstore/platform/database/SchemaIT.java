/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.FutureTask;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.postgresql.ds.PGSimpleDataSource;

import io.msgstore.platform.config.UserError;
import io.msgstore.support.Servers;
import io.msgstore.support.StoreModule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** How the tables come to a version, and what happens on the way back. */
class SchemaIT {
    private static final String OWN = "V1000.0.0__own.sql";

    @RegisterExtension
    static final Servers SERVERS = new Servers().inThisJvm();

    @Test
    void anOlderVersionRunsOnTheSchemaOfANewerOne() throws Exception {
        Path older = folder("older", "V1.0.0__a.sql", OWN);
        Path newer = folder("newer", "V1.0.0__a.sql", "V1.2.0__b.sql", OWN);
        assertThat(schema(older, true).await()).isTrue();
        assertThat(schema(newer, true).await()).isTrue();
        assertThat(migrations()).isEqualTo(3);

        Schema again = schema(older, true);
        assertThat(again.await()).isTrue();
        assertThat(again.ready()).isTrue();
        assertThat(migrations()).isEqualTo(3);
    }

    @Test
    void nothingIsChangedWithoutLeave() throws Exception {
        assertThat(schema(folder("new", "V1.0.0__a.sql"), false).await()).isTrue();
        assertThat(SERVERS.postgres().query("select count(*) from pg_tables where schemaname = 'public'"))
                .isZero();
    }

    @Test
    void aTimeZoneThatTheDatabaseDoesNotKnowStopsTheStart() throws Exception {
        Schema schema = schema(folder("zone", "V1.0.0__a.sql"), true);
        schema.requireTimeZone("Europe/Atlantis");
        assertThatThrownBy(schema::await)
                .isInstanceOf(UserError.class)
                .hasMessage("msgstore.time-zone=Europe/Atlantis: the database does not know this time zone");

        assertThat(schema.obstacles(true))
                .containsExactly("msgstore.time-zone=Europe/Atlantis: the database does not know this time zone");

        schema.requireTimeZone("Asia/Shanghai");
        assertThat(schema.await()).isTrue();
    }

    @Test
    void aDatabaseThatIsReadOnlyIsWaitedFor() throws Exception {
        PGSimpleDataSource readOnly = new PGSimpleDataSource();
        readOnly.setUrl(SERVERS.postgres().jdbcUrl());
        readOnly.setOptions("-c default_transaction_read_only=on");
        Schema schema =
                new Schema(readOnly, StoreModule.migrations("file:" + folder("read-only", "V1.0.0__a.sql")), true);
        assertThat(schema.due()).containsExactly("1.0.0");
        FutureTask<Boolean> waiting = new FutureTask<>(schema::await);
        new Thread(waiting, "schema").start();
        Awaitility.await().until(() -> schema.state().startsWith("the database is read-only"));
        readOnly.setOptions("");
        assertThat(waiting.get()).isTrue();
        assertThat(schema.due()).isEmpty();
    }

    private static long migrations() {
        return SERVERS.postgres().query("select count(*) from msgstore_schema_history where success and type = 'SQL'");
    }

    private static Path folder(String name, String... migrations) throws IOException {
        Path folder = Files.createDirectories(SERVERS.folder().resolve(name));
        for (String migration : migrations) {
            Files.writeString(
                    folder.resolve(migration),
                    "create table if not exists " + migration.replaceAll("V[\\d.]+__|\\.sql", "") + " (id int)");
        }
        return folder;
    }

    private static Schema schema(Path folder, boolean migrate) {
        PGSimpleDataSource dataSource = new PGSimpleDataSource();
        dataSource.setUrl(SERVERS.postgres().jdbcUrl());
        return new Schema(dataSource, StoreModule.migrations("file:" + folder), migrate);
    }
}
