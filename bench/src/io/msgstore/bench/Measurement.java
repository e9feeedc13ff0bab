/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.bench;

import java.util.List;

/**
 * The outcome of one trial.
 *
 * @param run number of the repetition, from 1
 * @param messages published
 * @param stored rows that were there in the end; of the hop, messages that arrived
 * @param startSeconds from the start of the process until it had subscribed
 * @param seconds from the first message published to the last row visible
 * @param rowsPerSecond stored by seconds
 * @param cpuMicros CPU of the contender per message, microseconds
 * @param brokerCpuMicros CPU of the broker per message
 * @param queueCpuMicros CPU of Redis or Kafka per message, where it queues there
 * @param databaseCpuMicros CPU of the database per message, the bench's own queries included
 * @param loadCpuMicros CPU of this process, load generator and looking on, per message
 * @param residentMb the most memory that the contender had resident, MiB
 * @param liveHeapMb its objects in use under this load, after a full collection, MiB; 0 where nobody looked
 * @param latencies null where there is no rate
 * @param series its course
 */
record Measurement(
        String scenario,
        String contender,
        int run,
        int messages,
        long stored,
        double startSeconds,
        double seconds,
        double rowsPerSecond,
        double cpuMicros,
        double brokerCpuMicros,
        double queueCpuMicros,
        double databaseCpuMicros,
        double loadCpuMicros,
        double residentMb,
        double liveHeapMb,
        Latencies latencies,
        List<Series.Point> series) {}
