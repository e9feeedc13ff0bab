/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A real PostgreSQL and a real MQTT broker inside msgstore's own folder, for the demo, for development and for tests.
 *
 * <p>Nothing outside this package may refer to the libraries behind it: a jar built with the profile {@code production}
 * does not have them, and loads these classes only when a setting says {@code embedded}.
 */
package io.msgstore.platform.embedded;
