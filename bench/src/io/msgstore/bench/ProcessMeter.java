/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What Linux says about a process, in {@code /proc}. */
final class ProcessMeter {
    private static final double TICKS_PER_SECOND = 100;
    // of /proc/<pid>/stat, counted from the state, which follows the name in parentheses
    private static final int USER = 11;
    private static final int SYSTEM = 12;
    private static final int CHILDREN_SYSTEM = 14;

    private ProcessMeter() {}

    /** CPU seconds of the process, and of those of its children that are there or were waited for; 0 if it is gone. */
    static double cpuSeconds(long pid) {
        double seconds = own(pid);
        for (ProcessHandle child :
                ProcessHandle.of(pid).stream().flatMap(ProcessHandle::children).toList()) {
            seconds += own(child.pid());
        }
        return seconds;
    }

    /** CPU seconds of this process, without the servers and contenders that it started. */
    static double ownCpuSeconds() {
        return ticks(ProcessHandle.current().pid(), SYSTEM) / TICKS_PER_SECOND;
    }

    private static double own(long pid) {
        return ticks(pid, CHILDREN_SYSTEM) / TICKS_PER_SECOND;
    }

    // user time and what follows it
    private static double ticks(long pid, int last) {
        String stat = read(pid, "stat");
        if (stat == null) {
            return 0;
        }
        List<String> fields = List.of(stat.substring(stat.lastIndexOf(')') + 2).split(" "));
        return fields.subList(USER, last + 1).stream()
                .mapToLong(Long::parseLong)
                .sum();
    }

    /** Resident memory of the process, MiB; 0 if it is gone. */
    static double residentMb(long pid) {
        return status(pid, "VmRSS:");
    }

    /** The most that the process ever had resident, MiB. */
    static double mostResidentMb(long pid) {
        return status(pid, "VmHWM:");
    }

    private static double status(long pid, String field) {
        String status = read(pid, "status");
        return status == null
                ? 0
                : status.lines()
                        .filter(line -> line.startsWith(field))
                        .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D+", "")) / 1024)
                        .findFirst()
                        .orElse(0);
    }

    private static String read(long pid, String file) {
        Path path = Path.of("/proc", Long.toString(pid), file);
        try {
            return Files.exists(path) ? Files.readString(path) : null;
        } catch (IOException e) {
            if (Files.exists(path)) {
                throw new UncheckedIOException(e);
            }
            return null;
        }
    }
}
