/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.database;

import java.util.function.Supplier;

/**
 * A value that is made each time when it is asked for: a variable that a statement may have a parameter for, and costs nothing
 * where it has none. Its text is the value.
 */
public record Deferred(Supplier<String> text) {
    @Override
    public String toString() {
        return text.get();
    }
}
