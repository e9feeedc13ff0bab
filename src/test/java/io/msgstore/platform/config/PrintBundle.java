/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.config;

import java.nio.file.Path;

/** Run by {@link BundleIT} inside the built jar: prints what a {@link Bundle} finds. */
public final class PrintBundle {
    private PrintBundle() {}

    public static void main(String[] args) {
        System.out.print(text(new Bundle(Path.of(args[0]))));
    }

    static String text(Bundle bundle) {
        StringBuilder text = new StringBuilder("sql: " + bundle.sql("postgresql") + "\n");
        text.append("classes: ").append(bundle.names("io/msgstore")).append('\n');
        text.append("databases: ").append(bundle.names("sql")).append('\n');
        for (String folder : bundle.names("routes")) {
            text.append(folder)
                    .append(": ")
                    .append(bundle.names("routes/" + folder))
                    .append('\n');
            bundle.routes(folder).forEach(route -> text.append(route).append('\n'));
        }
        return text.toString();
    }
}
