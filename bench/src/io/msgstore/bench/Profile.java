/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedStackTrace;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingFile;

/** Where the time of a JVM goes, by samples of Java's flight recorder: of threads that run Java code, 50 a second each. */
final class Profile {
    private static final int MOST = 25;
    // Camel's stacks are deep
    private static final String DEPTH = "stackdepth=256";
    private static final String OURS = "io.msgstore.";
    private static final List<String> NOT_OURS = List.of("io.msgstore.bench.", "io.msgstore.devices.queue.Hop");

    private final Table threads = new Table("thread");
    private final Table packages = new Table("package that it is in, the JDK's left out");
    private final Table methods = new Table("method that it is in");
    private final Table nearest = new Table("method of msgstore that it is in or works for");
    private final Table within = new Table("method of msgstore, with all that it calls");
    private final Table allocated = new Table("method of msgstore that allocates or has it done, of the bytes");
    private long samples;
    private long bytes;

    private Profile() {}

    /** Begins a recording, which the JVM writes to the file when it ends. */
    static void begin(long pid, Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        jcmd(pid, "JFR.configure", DEPTH);
        jcmd(pid, "JFR.start", "settings=profile", "dumponexit=true", "filename=" + file);
    }

    private static void jcmd(long pid, String... command) {
        List<String> all = new ArrayList<>();
        all.add(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString());
        all.add(Long.toString(pid));
        all.addAll(List.of(command));
        try {
            Process process = new ProcessBuilder(all).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IllegalStateException(output);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** A recording in words. */
    static String text(Path recording) throws IOException {
        Profile profile = new Profile();
        try (RecordingFile file = new RecordingFile(recording)) {
            while (file.hasMoreEvents()) {
                profile.add(file.readEvent());
            }
        }
        StringBuilder text = new StringBuilder("# %,d samples; shares in %%%n".formatted(profile.samples));
        for (Table table :
                List.of(profile.threads, profile.packages, profile.methods, profile.nearest, profile.within)) {
            table.write(text, profile.samples);
        }
        profile.allocated.write(text, profile.bytes);
        return text.toString();
    }

    private void add(RecordedEvent event) {
        RecordedStackTrace stack = event.getStackTrace();
        if (stack == null || stack.getFrames().isEmpty()) {
            return;
        }
        List<String> frames = stack.getFrames().stream()
                .map(frame -> frame.getMethod().getType().getName() + "."
                        + frame.getMethod().getName())
                .toList();
        String nearestOurs = frames.stream().filter(Profile::isOurs).findFirst().orElse("none");
        switch (event.getEventType().getName()) {
            case "jdk.ObjectAllocationSample" -> {
                bytes += event.getLong("weight");
                allocated.add(nearestOurs, event.getLong("weight"));
            }
            case "jdk.ExecutionSample" -> {
                samples++;
                RecordedThread thread = event.getThread("sampledThread");
                String name = thread == null ? null : thread.getJavaName();
                threads.add(name == null ? "?" : name.replaceAll("\\d+", "n"), 1);
                packages.add(
                        frames.stream()
                                .filter(frame -> !frame.matches("(java|jdk|sun)\\..*"))
                                .findFirst()
                                .map(frame -> frame.replaceAll("\\.[^.a-z][^.]*\\.[^.]+$", ""))
                                .orElse("none"),
                        1);
                methods.add(frames.get(0), 1);
                nearest.add(nearestOurs, 1);
                frames.stream().filter(Profile::isOurs).distinct().forEach(frame -> within.add(frame, 1));
            }
            default -> {
                // of no interest here
            }
        }
    }

    private static boolean isOurs(String frame) {
        return frame.startsWith(OURS) && NOT_OURS.stream().noneMatch(frame::startsWith);
    }

    /** Names and what falls to each. */
    private static final class Table {
        private final String title;
        private final Map<String, Long> shares = new HashMap<>();

        Table(String title) {
            this.title = title;
        }

        void add(String name, long share) {
            shares.merge(name, share, Long::sum);
        }

        /** @param all what 100 % are */
        void write(StringBuilder text, long all) {
            text.append("%n## %s%n%n".formatted(title));
            shares.entrySet().stream()
                    .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
                    .limit(MOST)
                    .forEach(one -> text.append("%5.1f  %s%n".formatted(100.0 * one.getValue() / all, one.getKey())));
        }
    }
}
