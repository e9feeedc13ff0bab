/* SPDX-License-Identifier: Apache-2.0 */
/** What health checks have in common; each is in the package of what it checks. */
package io.msgstore.platform.health;
