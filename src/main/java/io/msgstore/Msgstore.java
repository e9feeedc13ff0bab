/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore;

/** Starts msgstore. */
public final class Msgstore {
    private Msgstore() {}

    public static void main(String[] args) {
        System.out.println("msgstore");
    }
}
