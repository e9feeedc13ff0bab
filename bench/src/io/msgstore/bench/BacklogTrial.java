/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.bench;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;

import io.msgstore.bench.load.LoadPublisher;
import io.msgstore.devices.envelope.Envelope;
import io.msgstore.devices.envelope.QueueForm;
import io.msgstore.devices.envelope.ReceivedMessage;
import io.msgstore.support.Folders;

/**
 * One measurement of a backlog: messages that wait in Kafka, as an msgstore without a database has left them there, and a
 * contender that starts then. Time begins with the first row, or with that behind the warm-up.
 */
final class BacklogTrial {
    private static final Duration LIMIT = Duration.ofMinutes(10);
    private static final String TOPIC = "msgstore-queue";
    private static final int PARTITIONS = 12;
    private static final String ROWS =
            "select coalesce(n_tup_ins, 0) from pg_stat_user_tables where relname = 'gps_position_histories'";
    private static final double MICROS = 1e6;

    private final Rig rig;
    private final Scenario scenario;
    private final Contender contender;
    private final int run;

    BacklogTrial(Rig rig, Scenario scenario, Contender contender, int run) {
        this.rig = rig;
        this.scenario = scenario;
        this.contender = contender;
        this.run = run;
    }

    /** @throws IllegalStateException when the contender did not start, or stored nothing for minutes */
    Measurement measure() throws Exception {
        rig.prepare(scenario, contender);
        int all = scenario.warmUp() + scenario.messages();
        LoadPublisher load = LoadPublisher.to(rig.brokerUrl())
                .prefix("run" + run + "-" + System.currentTimeMillis())
                .messages(all)
                .devices(scenario.devices())
                .padding(scenario.padding());
        fill(load, all);
        long before = rig.postgres().query(ROWS);
        Path folder = Folders.temporary("contender");
        long start = System.nanoTime();
        try (Contender.Running running = contender.start(rig, scenario, folder);
                Series series = new Series(rig.postgres(), running, () -> all)) {
            double startSeconds = (System.nanoTime() - start) / 1e9;
            Awaitility.await("rows of the warm-up")
                    .pollInSameThread()
                    .atMost(LIMIT)
                    .pollInterval(Duration.ofMillis(250))
                    .until(() -> rig.postgres().query(ROWS) - before >= scenario.warmUp());
            rig.record(running.pid());
            StoredRows rows = new StoredRows(rig.postgres(), load, all, scenario.devices());
            double cpu = ProcessMeter.cpuSeconds(running.pid());
            double queueCpu = ProcessMeter.cpuSeconds(rig.queuePid());
            double databaseCpu = ProcessMeter.cpuSeconds(rig.postgres().pid());
            long begin = System.nanoTime();
            // of this moment: a query sees what was committed when it began
            long stored = -rows.count();
            stored += rows.await(LIMIT, () -> false);
            double seconds = (System.nanoTime() - begin) / 1e9;
            double perMessage = MICROS / stored;
            return new Measurement(
                    scenario.name(),
                    contender.name(),
                    run,
                    scenario.messages(),
                    scenario.messages() - (all - rows.count()),
                    startSeconds,
                    seconds,
                    stored / seconds,
                    (ProcessMeter.cpuSeconds(running.pid()) - cpu) * perMessage,
                    0,
                    (ProcessMeter.cpuSeconds(rig.queuePid()) - queueCpu) * perMessage,
                    (ProcessMeter.cpuSeconds(rig.postgres().pid()) - databaseCpu) * perMessage,
                    0,
                    ProcessMeter.mostResidentMb(running.pid()),
                    0,
                    null,
                    List.copyOf(series.points()));
        } finally {
            Folders.delete(folder);
        }
    }

    private void fill(LoadPublisher load, int messages) throws InterruptedException, ExecutionException {
        Map<String, Object> connection =
                Map.of("bootstrap.servers", rig.queueSettings().get(QueueServer.BROKERS));
        try (Admin admin = Admin.create(connection)) {
            admin.createTopics(List.of(new NewTopic(TOPIC, PARTITIONS, (short) 1)))
                    .all()
                    .get();
        }
        Map<String, Object> oneAtATime = new HashMap<>(connection);
        // the topic is new: see routes/queue/kafka.camel.yaml
        oneAtATime.put("max.in.flight.requests.per.connection", 1);
        try (KafkaProducer<String, byte[]> producer =
                new KafkaProducer<>(oneAtATime, new StringSerializer(), new ByteArraySerializer())) {
            for (int i = 0; i < messages; i++) {
                byte[] payload = load.payload(i).getBytes(StandardCharsets.UTF_8);
                Envelope envelope = Envelope.of(new ReceivedMessage(load.topic(i), payload).qos(1), Integer.MAX_VALUE);
                producer.send(new ProducerRecord<>(TOPIC, envelope.topic(), QueueForm.write(envelope)));
            }
        }
    }
}
