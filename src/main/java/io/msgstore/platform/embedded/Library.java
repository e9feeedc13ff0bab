/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.embedded;

/** The libraries behind the embedded parts, which a jar of the profile {@code production} does not have. */
final class Library {
    private Library() {}

    /**
     * @param className a class of the library
     * @param key the setting that must then name a server of the user's
     * @throws EmbeddedException when this jar does not have it
     */
    static void require(String className, String key) {
        try {
            Class.forName(className, false, Library.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new EmbeddedException(
                    key + "=embedded: this jar was built without embedded servers (profile production): set " + key
                            + " to a server of yours, or build the jar without that profile",
                    e);
        }
    }
}
