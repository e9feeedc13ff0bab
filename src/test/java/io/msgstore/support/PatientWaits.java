/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Makes {@link Limits#LIMIT} the end of each wait that names none; registered for all tests by {@code META-INF/services}. */
public final class PatientWaits implements BeforeAllCallback {
    @Override
    public void beforeAll(ExtensionContext context) {
        Awaitility.setDefaultTimeout(Limits.LIMIT);
    }
}
