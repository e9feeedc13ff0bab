/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

/** The version in the jar's manifest. */
final class Version {
    private Version() {}

    static String get() {
        String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "(not packaged)" : version;
    }
}
