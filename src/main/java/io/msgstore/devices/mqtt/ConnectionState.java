/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.devices.mqtt;

import java.util.List;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

/**
 * One connection to the broker at a moment. Holds no secret. Times are RFC 3339, UTC.
 *
 * @param clientId names the session on the broker
 * @param connected whether it is up, and every subscription granted
 * @param phase what it does, for people
 * @param since when it was connected, or lost, last
 * @param lastError what went wrong last; null while nothing has
 * @param lastErrorAt when that was; null while nothing has
 * @param inFlight messages received and not yet acknowledged, those of the connection before included
 * @param receiveMaximum most messages that the broker may leave unacknowledged
 * @param shortfalls what the broker does not grant that was asked for, in sentences; of the connection before while none is up
 * @param kept whether the broker keeps what is published while it is not connected, as far as it has said
 */
@JsonNaming(SnakeCaseStrategy.class)
public record ConnectionState(
        String clientId,
        boolean connected,
        String phase,
        String since,
        String lastError,
        String lastErrorAt,
        int inFlight,
        @JsonProperty("window") int receiveMaximum,
        List<String> shortfalls,
        @JsonIgnore boolean kept) {
    /** One line for the health check. */
    String line() {
        return clientId + ": " + phase + (lastError == null || connected ? "" : ", last error: " + lastError);
    }
}
