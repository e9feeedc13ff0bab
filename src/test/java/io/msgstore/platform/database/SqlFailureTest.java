/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.database;

import java.io.IOException;
import java.sql.BatchUpdateException;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.SQLTransientConnectionException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

import static org.assertj.core.api.Assertions.assertThat;

class SqlFailureTest {
    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "0A000, DATA,    bad-data", // NaN as a whole number
                "21000, DATA,    bad-data", // a row twice in one ON CONFLICT
                "22003, DATA,    bad-data",
                "22P02, DATA,    bad-data",
                "22P05, DATA,    bad-data", // \u0000 in jsonb
                "23502, DATA,    constraint",
                "23505, DATA,    constraint",
                "38000, DATA,    bad-data",
                "39000, DATA,    bad-data",
                "44000, DATA,    bad-data",
                "54001, DATA,    bad-data", // stack depth, of JSON nested too deeply
                "P0001, DATA,    bad-data",
                "57014, TIMEOUT, outage",
                "08000, OUTAGE,  outage",
                "08006, OUTAGE,  outage",
                "25006, OUTAGE,  outage", // read-only: a standby
                "28P01, OUTAGE,  outage",
                "40001, OUTAGE,  outage",
                "40P01, OUTAGE,  outage",
                "42P01, REFUSED, outage", // no such table, or one that a trigger asks for
                "45000, REFUSED, outage", // of a trigger
                "26000, OUTAGE,  outage", // a pooler between
                "42501, REFUSED, outage",
                "53100, OUTAGE,  outage", // disk full
                "53300, OUTAGE,  outage",
                "55P03, OUTAGE,  outage",
                "57P01, OUTAGE,  outage",
                "57P03, OUTAGE,  outage",
                "58030, OUTAGE,  outage",
                "XX000, REFUSED, outage",
                "22,    OUTAGE,  outage",
                "'',    OUTAGE,  outage",
                "-,     OUTAGE,  outage"
            })
    void tellsDataFromOutageByTheState(String state, SqlFailure kind, String reason) {
        SQLException error = new SQLException("x", state);
        assertThat(SqlFailure.of(error)).isEqualTo(kind);
        assertThat(SqlFailure.reason(error)).isEqualTo(reason);
        assertThat(SqlFailure.sqlState(error)).isEqualTo(state);
    }

    @Test
    void looksForTheErrorOfSqlAmongTheCauses() {
        SQLException sql = new BatchUpdateException("bad", "22007", new int[0]);
        Exception wrapped = new RuntimeException("bad SQL grammar [insert …]", new IllegalStateException(sql));
        assertThat(SqlFailure.of(wrapped)).isEqualTo(SqlFailure.DATA);
        assertThat(SqlFailure.sqlState(wrapped)).isEqualTo("22007");
        assertThat(SqlFailure.message(wrapped)).isEqualTo("bad");
    }

    @Test
    void takesATimeoutForOneWhateverItsState() {
        assertThat(SqlFailure.of(new SQLTimeoutException("slow"))).isEqualTo(SqlFailure.TIMEOUT);
        assertThat(SqlFailure.of(new SQLTimeoutException("slow", "22000"))).isEqualTo(SqlFailure.TIMEOUT);
        assertThat(SqlFailure.of(new RuntimeException(new SQLTimeoutException("slow"))))
                .isEqualTo(SqlFailure.TIMEOUT);
    }

    @Test
    void takesAnEmptyPoolForAnOutage() {
        Exception error = new SQLTransientConnectionException(
                "msgstore - Connection is not available", null, new SQLException("refused", "08001"));
        assertThat(SqlFailure.of(error)).isEqualTo(SqlFailure.OUTAGE);
    }

    @Test
    void isInternalWithoutAnErrorOfSql() {
        assertThat(SqlFailure.of(new IOException("x"))).isEqualTo(SqlFailure.OUTAGE);
        assertThat(SqlFailure.reason(new IOException("x"))).isEqualTo("internal");
        assertThat(SqlFailure.sqlState(new IOException("x"))).isNull();
        assertThat(SqlFailure.message(new IOException("x"))).isEqualTo("x");
    }

    @Test
    void getsAlongWithoutAnyError() {
        assertThat(SqlFailure.of(null)).isEqualTo(SqlFailure.OUTAGE);
        assertThat(SqlFailure.reason(null)).isEqualTo("internal");
        assertThat(SqlFailure.sqlState(null)).isNull();
        assertThat(SqlFailure.message(null)).isNull();
    }

    @Test
    void saysItInOneLine() {
        assertThat(SqlFailure.message(new SQLException("ERROR: invalid\n  Where: JSON data,\tline 1")))
                .isEqualTo("ERROR: invalid Where: JSON data, line 1");
    }

    @Test
    void namesAnErrorThatSaysNothing() {
        assertThat(SqlFailure.message(new NullPointerException())).isEqualTo("java.lang.NullPointerException");
    }

    @Test
    void endsWhenCausesGoInACircle() {
        Exception first = new RuntimeException("first");
        Exception second = new RuntimeException("second", first);
        first.initCause(second);
        assertThat(SqlFailure.of(first)).isEqualTo(SqlFailure.OUTAGE);
    }

    @Test
    void aPlanThatATableOutgrewIsNoBadData() {
        String refusal = "SERROR\0C0A000\0Mrefused\0R";
        assertThat(SqlFailure.of(new PSQLException(new ServerErrorMessage(refusal + "RevalidateCachedQuery\0"))))
                .isEqualTo(SqlFailure.OUTAGE);
        assertThat(SqlFailure.of(new PSQLException(new ServerErrorMessage(refusal + "numeric_int4\0"))))
                .isEqualTo(SqlFailure.DATA);
    }
}
