/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.platform.metrics;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.DoubleBinaryOperator;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.msgstore.platform.metrics.Scrape.Sample;

/**
 * Evaluates the part of PromQL that the alert rules and the dashboard use, over two scrapes of one target: the second one is
 * now, and every range goes back to the first one, so its length is not looked at. Left out: offsets, subqueries, group
 * modifiers, all functions but those in {@link #call}. Whatever it doesn't know is an error.
 */
final class PromQl {
    private static final Pattern TOKEN = Pattern.compile(
            "\\s*(?:(?<string>\"[^\"]*\")|(?<number>\\d+(?:\\.\\d+)?)(?![\\w])"
                    + "|(?<range>\\d+(?:ms|[smhd]))|(?<word>[a-zA-Z_:][\\w:]*)|(?<sign>=~|!~|!=|==|>=|<=|[-+*/(){}\\[\\],=<>]))");
    private static final Set<String> AGGREGATIONS = Set.of("sum", "min", "max", "avg", "count");
    private static final List<Set<String>> PRECEDENCE = List.of(
            Set.of("or"),
            Set.of("and", "unless"),
            Set.of("==", "!=", ">", "<", ">=", "<="),
            Set.of("+", "-"),
            Set.of("*", "/"));
    private static final String NAME = "__name__";

    private final Scrape before;
    private final Scrape now;
    private final List<String> tokens = new ArrayList<>();
    private int next;

    /** What an expression comes to: a number, or a series each with a value. */
    private record Value(boolean scalar, List<Sample> samples) {
        static Value of(double number) {
            return new Value(true, List.of(new Sample(Map.of(), number)));
        }

        static Value of(List<Sample> samples) {
            return new Value(false, samples);
        }

        double number() {
            if (!scalar) {
                throw new IllegalArgumentException("a number is needed");
            }
            return samples.get(0).value();
        }
    }

    private PromQl(String expression, Scrape before, Scrape now) {
        this.before = before;
        this.now = now;
        Matcher token = TOKEN.matcher(expression);
        int end = 0;
        String text = expression.strip();
        token.reset(text);
        while (end < text.length()) {
            if (!token.find(end) || token.start() != end) {
                throw new IllegalArgumentException("can't read " + text.substring(end));
            }
            tokens.add(token.group().strip());
            end = token.end();
        }
    }

    /**
     * The series that an expression yields, without those that are no number.
     *
     * @throws IllegalArgumentException when it is wrong, or beyond what is understood here
     */
    static List<Sample> evaluate(String expression, Scrape before, Scrape now) {
        PromQl query = new PromQl(expression, before, now);
        Value value = query.binary(0);
        if (query.next < query.tokens.size()) {
            throw new IllegalArgumentException("what is \"" + query.peek() + "\" in " + expression);
        }
        return value.samples().stream()
                .filter(sample -> !Double.isNaN(sample.value()))
                .toList();
    }

    private Value binary(int level) {
        if (level == PRECEDENCE.size()) {
            return operand();
        }
        Value left = binary(level + 1);
        while (PRECEDENCE.get(level).contains(peek())) {
            String operator = take();
            List<String> on = peek().equals("on") ? labelsAfter("on") : null;
            left = combine(left, operator, on, binary(level + 1));
        }
        return left;
    }

    private Value operand() {
        String token = take();
        if (token.equals("(")) {
            Value inner = binary(0);
            expect(")");
            return inner;
        }
        if (token.equals("-")) {
            return Value.of(-operand().number());
        }
        if (token.matches("\\d+(\\.\\d+)?")) {
            return Value.of(Double.parseDouble(token));
        }
        if (AGGREGATIONS.contains(token)) {
            return aggregate(token);
        }
        if (peek().equals("(")) {
            return call(token);
        }
        Predicate<Sample> selected = selector(token);
        if (peek().equals("[")) {
            throw new IllegalArgumentException("a range outside rate() or increase()");
        }
        return Value.of(now.samples().stream().filter(selected).toList());
    }

    private Value call(String function) {
        expect("(");
        Value result =
                switch (function) {
                    case "rate" -> change(true);
                    case "increase" -> change(false);
                    case "histogram_quantile" -> {
                        double quantile = binary(0).number();
                        expect(",");
                        yield quantiles(quantile, binary(0));
                    }
                    case "absent" ->
                        binary(0).samples().isEmpty()
                                ? Value.of(List.of(new Sample(Map.of(), 1)))
                                : Value.of(List.of());
                    case "vector" ->
                        Value.of(List.of(new Sample(Map.of(), binary(0).number())));
                    case "time" -> Value.of(System.currentTimeMillis() / 1000.0);
                    default -> throw new IllegalArgumentException("unknown function " + function);
                };
        expect(")");
        return result;
    }

    /** The rise of counters since the first scrape; a series needs both, and one that was reset starts at 0 again. */
    private Value change(boolean perSecond) {
        Predicate<Sample> selected = selector(take());
        expect("[");
        if (!take().matches("\\d+(ms|[smhd])")) {
            throw new IllegalArgumentException("no time in []");
        }
        expect("]");
        Map<Map<String, String>, Double> first = new LinkedHashMap<>();
        before.samples().stream().filter(selected).forEach(sample -> first.put(sample.labels(), sample.value()));
        List<Sample> changes = new ArrayList<>();
        for (Sample sample : now.samples()) {
            if (selected.test(sample) && first.containsKey(sample.labels())) {
                double rise = sample.value() - first.get(sample.labels());
                double change = rise < 0 ? sample.value() : rise;
                changes.add(new Sample(
                        without(sample.labels(), NAME),
                        perSecond ? change / (now.seconds() - before.seconds()) : change));
            }
        }
        return Value.of(changes);
    }

    private Value aggregate(String operation) {
        List<String> by = peek().equals("by") ? labelsAfter("by") : List.of();
        expect("(");
        Value input = binary(0);
        expect(")");
        if (peek().equals("by")) {
            by = labelsAfter("by");
        }
        Map<Map<String, String>, List<Double>> groups = new LinkedHashMap<>();
        for (Sample sample : input.samples()) {
            groups.computeIfAbsent(only(sample.labels(), by), key -> new ArrayList<>())
                    .add(sample.value());
        }
        List<Sample> result = new ArrayList<>();
        groups.forEach((labels, values) -> result.add(new Sample(labels, aggregated(operation, values))));
        return Value.of(result);
    }

    private static double aggregated(String operation, List<Double> values) {
        var numbers = values.stream().mapToDouble(Double::doubleValue);
        return switch (operation) {
            case "sum" -> numbers.sum();
            case "min" -> numbers.min().orElseThrow();
            case "max" -> numbers.max().orElseThrow();
            case "avg" -> numbers.average().orElseThrow();
            default -> values.size();
        };
    }

    /** Interpolates within the bucket that holds the quantile, as Prometheus does. */
    private static Value quantiles(double quantile, Value buckets) {
        Map<Map<String, String>, TreeMap<Double, Double>> histograms = new LinkedHashMap<>();
        for (Sample bucket : buckets.samples()) {
            String limit = bucket.labels().get("le");
            if (limit == null) {
                throw new IllegalArgumentException("histogram_quantile() without le");
            }
            histograms
                    .computeIfAbsent(without(without(bucket.labels(), "le"), NAME), key -> new TreeMap<>())
                    .put(limit.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(limit), bucket.value());
        }
        List<Sample> result = new ArrayList<>();
        histograms.forEach((labels, counts) -> result.add(new Sample(labels, quantile(quantile, counts))));
        return Value.of(result);
    }

    private static double quantile(double quantile, TreeMap<Double, Double> counts) {
        double total = counts.lastEntry().getValue();
        if (counts.lastKey() != Double.POSITIVE_INFINITY || total == 0) {
            return Double.NaN;
        }
        double rank = quantile * total;
        double lower = 0;
        double below = 0;
        for (Map.Entry<Double, Double> bucket : counts.entrySet()) {
            if (bucket.getValue() >= rank) {
                return bucket.getKey() == Double.POSITIVE_INFINITY
                        ? lower
                        : lower + (bucket.getKey() - lower) * (rank - below) / (bucket.getValue() - below);
            }
            lower = bucket.getKey();
            below = bucket.getValue();
        }
        return lower;
    }

    private static Value combine(Value left, String operator, List<String> on, Value right) {
        boolean comparison = PRECEDENCE.get(2).contains(operator);
        boolean set = PRECEDENCE.get(0).contains(operator) || PRECEDENCE.get(1).contains(operator);
        if (set) {
            return Value.of(united(left.samples(), operator, on, right.samples()));
        }
        if (left.scalar() && right.scalar()) {
            return Value.of(arithmetic(operator).applyAsDouble(left.number(), right.number()));
        }
        List<Sample> result = new ArrayList<>();
        for (Sample a : right.scalar() || !left.scalar() ? left.samples() : right.samples()) {
            for (Sample b : matching(a, left.scalar() ? left : right, on)) {
                double first = left.scalar() ? b.value() : a.value();
                double second = left.scalar() ? a.value() : b.value();
                if (!comparison) {
                    result.add(new Sample(
                            without(a.labels(), NAME), arithmetic(operator).applyAsDouble(first, second)));
                } else if (holds(first, operator, second)) {
                    result.add(a);
                }
            }
        }
        return Value.of(result);
    }

    private static List<Sample> matching(Sample sample, Value others, List<String> on) {
        if (others.scalar()) {
            return others.samples();
        }
        List<Sample> found = others.samples().stream()
                .filter(other -> key(other, on).equals(key(sample, on)))
                .toList();
        if (found.size() > 1) {
            throw new IllegalArgumentException("several series match " + sample.labels());
        }
        return found;
    }

    private static List<Sample> united(List<Sample> left, String operator, List<String> on, List<Sample> right) {
        Set<Map<String, String>> leftKeys = keys(left, on);
        Set<Map<String, String>> rightKeys = keys(right, on);
        List<Sample> result = new ArrayList<>(left.stream()
                .filter(sample ->
                        operator.equals("or") || operator.equals("and") == rightKeys.contains(key(sample, on)))
                .toList());
        if (operator.equals("or")) {
            right.stream().filter(sample -> !leftKeys.contains(key(sample, on))).forEach(result::add);
        }
        return result;
    }

    private static Set<Map<String, String>> keys(Collection<Sample> samples, List<String> on) {
        Set<Map<String, String>> keys = new HashSet<>();
        samples.forEach(sample -> keys.add(key(sample, on)));
        return keys;
    }

    private static Map<String, String> key(Sample sample, List<String> on) {
        return on == null ? without(sample.labels(), NAME) : only(sample.labels(), on);
    }

    private static DoubleBinaryOperator arithmetic(String operator) {
        return switch (operator) {
            case "+" -> Double::sum;
            case "-" -> (a, b) -> a - b;
            case "*" -> (a, b) -> a * b;
            case "/" -> (a, b) -> a / b;
            default -> throw new IllegalArgumentException(operator + " between two numbers");
        };
    }

    private static boolean holds(double a, String operator, double b) {
        return switch (operator) {
            case "==" -> a == b;
            case "!=" -> a != b;
            case ">" -> a > b;
            case "<" -> a < b;
            case ">=" -> a >= b;
            default -> a <= b;
        };
    }

    private Predicate<Sample> selector(String name) {
        if (!name.matches("[a-zA-Z_:][\\w:]*")) {
            throw new IllegalArgumentException("no metric: " + name);
        }
        Predicate<Sample> selected = sample -> sample.labels().get(NAME).equals(name);
        if (peek().equals("{")) {
            take();
            while (!peek().equals("}")) {
                String label = take();
                String operator = take();
                String quoted = take();
                if (!quoted.startsWith("\"")) {
                    throw new IllegalArgumentException("no text in quotes: " + quoted);
                }
                String wanted = quoted.substring(1, quoted.length() - 1);
                selected = selected.and(matcher(label, operator, wanted));
                if (!peek().equals("}")) {
                    expect(",");
                }
            }
            take();
        }
        return selected;
    }

    private static Predicate<Sample> matcher(String label, String operator, String wanted) {
        return switch (operator) {
            case "=" -> sample -> sample.labels().getOrDefault(label, "").equals(wanted);
            case "!=" -> sample -> !sample.labels().getOrDefault(label, "").equals(wanted);
            case "=~" -> sample -> sample.labels().getOrDefault(label, "").matches(wanted);
            case "!~" -> sample -> !sample.labels().getOrDefault(label, "").matches(wanted);
            default -> throw new IllegalArgumentException("no matcher: " + operator);
        };
    }

    private List<String> labelsAfter(String keyword) {
        expect(keyword);
        expect("(");
        List<String> labels = new ArrayList<>();
        while (!peek().equals(")")) {
            labels.add(take());
            if (!peek().equals(")")) {
                expect(",");
            }
        }
        take();
        return labels;
    }

    private static Map<String, String> without(Map<String, String> labels, String label) {
        Map<String, String> rest = new TreeMap<>(labels);
        rest.remove(label);
        return rest;
    }

    private static Map<String, String> only(Map<String, String> labels, List<String> wanted) {
        Map<String, String> some = new TreeMap<>(labels);
        some.keySet().retainAll(wanted);
        return some;
    }

    private String peek() {
        return next < tokens.size() ? tokens.get(next) : "";
    }

    private String take() {
        if (next == tokens.size()) {
            throw new IllegalArgumentException("ends too early: " + String.join(" ", tokens));
        }
        return tokens.get(next++);
    }

    private void expect(String token) {
        String found = take();
        if (!found.equals(token)) {
            throw new IllegalArgumentException(token + " expected, not " + found + ": " + String.join(" ", tokens));
        }
    }
}
