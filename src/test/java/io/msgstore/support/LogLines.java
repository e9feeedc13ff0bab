/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.Filter;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.LoggerConfig;
import org.apache.logging.log4j.core.config.Property;

/** What one logger says, from INFO on, as lines such as {@code WARN text}, until it is closed. */
public final class LogLines implements AutoCloseable {
    private final String logger;
    private final Lines lines = new Lines();

    /** @param filters that the appender has */
    public LogLines(String logger, Filter... filters) {
        this.logger = logger;
        for (Filter filter : filters) {
            lines.addFilter(filter);
        }
        lines.start();
        LoggerContext context = LoggerContext.getContext(false);
        LoggerConfig config = new LoggerConfig(logger, Level.INFO, false);
        config.addAppender(lines, null, null);
        context.getConfiguration().addLogger(logger, config);
        context.updateLoggers();
    }

    /** The lines so far. */
    public List<String> text() {
        return List.copyOf(lines.text);
    }

    @Override
    public void close() {
        LoggerContext context = LoggerContext.getContext(false);
        context.getConfiguration().removeLogger(logger);
        context.updateLoggers();
    }

    private static final class Lines extends AbstractAppender {
        private final List<String> text = new CopyOnWriteArrayList<>();

        Lines() {
            super("lines", null, null, true, Property.EMPTY_ARRAY);
        }

        @Override
        public void append(LogEvent event) {
            text.add(event.getLevel() + " " + event.getMessage().getFormattedMessage());
        }
    }
}
