/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.Test;

import io.msgstore.platform.database.Inserts.Insert;

import static org.assertj.core.api.Assertions.assertThat;

class InsertsTest {
    @Test
    void findsEachInsertWithItsColumnsAndItsKey() throws IOException {
        List<Insert> inserts = Inserts.of(Files.readString(Path.of("sql/postgresql/gps_v1/store-gps.sql")));
        assertThat(inserts).hasSize(2);
        assertThat(inserts.get(0).table()).isEqualTo("gps_position_histories");
        assertThat(inserts.get(0).columns())
                .startsWith("terminal_id", "gps_time")
                .endsWith("extra");
        assertThat(inserts.get(0).key()).isEqualTo("terminal_id, gps_time");
        assertThat(inserts.get(1).table()).isEqualTo("gps_position_last");
        assertThat(inserts.get(1).columns())
                .startsWith("terminal_id", "gps_time")
                .endsWith("extra");
        assertThat(inserts.get(1).key()).isEqualTo("terminal_id");
    }

    @Test
    void takesNamesAsTheCatalogHasThem() {
        assertThat(Inserts.of("INSERT INTO My.\"Table\" (A, \"B\") values (1, 2)"))
                .containsExactly(new Insert("My.\"Table\"", List.of("a", "B"), null));
    }

    @Test
    void whatIsNotSaidIsNotMadeUp() {
        assertThat(Inserts.of("insert into a select 1 on conflict on constraint k do nothing"))
                .containsExactly(new Insert("a", null, null));
        assertThat(Inserts.of("insert into a (x) select 1 on conflict (x) where x > 0 do nothing"))
                .containsExactly(new Insert("a", List.of("x"), null));
        assertThat(Inserts.of("select 1")).isEmpty();
    }
}
