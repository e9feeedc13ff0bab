/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.postgresql.ds.PGSimpleDataSource;

import io.msgstore.UserError;
import io.msgstore.support.Servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** How the tables come to a version, and what happens on the way back. */
class SchemaIT {
    private static final String OWN = "V1000.0.0__own.sql";

    @RegisterExtension
    static final Servers SERVERS = new Servers();

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

        schema.requireTimeZone("Asia/Shanghai");
        assertThat(schema.await()).isTrue();
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
        return new Schema(dataSource, "file:" + folder, migrate);
    }
}
