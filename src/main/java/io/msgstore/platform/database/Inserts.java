/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.database;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Finds in the text of a statement what it inserts, as far as a pattern can tell. */
final class Inserts {
    private static final Pattern INSERT = Pattern.compile(
            "\\binsert\\s+into\\s+([\\w.\"$]+)(?:\\s+as\\s+[\\w\"]+)?\\s*(?:\\(([^()]*)\\))?",
            Pattern.CASE_INSENSITIVE);
    private static final Pattern CONFLICT =
            Pattern.compile("\\bon\\s+conflict\\s*\\(([^()]*)\\)\\s*do\\b", Pattern.CASE_INSENSITIVE);

    /**
     * One insert.
     *
     * @param table as it is written
     * @param columns those that it fills, as the catalog has their names; null where it does not name them
     * @param key the columns of ON CONFLICT as they are written; null where it has none
     */
    record Insert(String table, List<String> columns, String key) {}

    private Inserts() {}

    static List<Insert> of(String statement) {
        List<Insert> inserts = new ArrayList<>();
        Matcher insert = INSERT.matcher(statement);
        int next = 0;
        while (insert.find(next)) {
            next = insert.end();
            Matcher following = INSERT.matcher(statement);
            int end = following.find(next) ? following.start() : statement.length();
            Matcher conflict = CONFLICT.matcher(statement).region(next, end);
            inserts.add(new Insert(
                    insert.group(1),
                    insert.group(2) == null ? null : columns(insert.group(2)),
                    conflict.find() ? conflict.group(1).strip() : null));
        }
        return inserts;
    }

    private static List<String> columns(String list) {
        return Stream.of(list.split(","))
                .map(String::strip)
                .map(name -> name.startsWith("\"") ? name.replace("\"", "") : name.toLowerCase(Locale.ROOT))
                .toList();
    }
}
