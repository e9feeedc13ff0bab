/* SPDX-License-Identifier: Apache-2.0 */
package visits;

import io.msgstore.platform.module.Module;

/** A module with everything that a module may have beside the least: a table, a section of the page, a description of its API. */
public final class Visits implements Module {
    @Override
    public String name() {
        return "visits";
    }

    @Override
    public boolean needsDatabase() {
        return true;
    }
}
