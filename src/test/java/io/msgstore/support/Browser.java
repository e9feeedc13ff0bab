/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.support;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.openqa.selenium.By;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebDriverException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;

/** A headless Chromium, for tests that are skipped on a machine without one. */
public final class Browser implements AutoCloseable {
    private static final Duration LIMIT = Limits.LIMIT;
    private static final String SCREENSHOTS = System.getProperty("screenshots");
    // kept, or its level is forgotten; it warns of each Chromium that is newer than itself
    private static final Logger SELENIUM = Logger.getLogger("org.openqa.selenium");

    private final ChromeDriver driver;

    private Browser(ChromeDriver driver) {
        this.driver = driver;
    }

    /** Starts one, or skips the test where chromium or chromedriver is not on the PATH. */
    public static Browser start() {
        Optional<Path> chromium = program("chromium", "chromium-browser", "google-chrome");
        Optional<Path> chromedriver = program("chromedriver");
        if (chromium.isEmpty() || chromedriver.isEmpty()) {
            String line = "Not tested in a browser: there is no chromium or no chromedriver on the PATH";
            System.err.println(line);
            Assumptions.abort(line);
        }
        SELENIUM.setLevel(Level.SEVERE);
        ChromeOptions options = new ChromeOptions();
        options.setBinary(chromium.get().toFile());
        // the sandbox does not work for root, and all that it opens is ours; a phone has no scroll bars beside the page
        options.addArguments(
                "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars");
        ChromeDriverService service = new ChromeDriverService.Builder()
                .usingDriverExecutable(chromedriver.get().toFile())
                .usingAnyFreePort()
                .build();
        return new Browser(new ChromeDriver(service, options));
    }

    private static Optional<Path> program(String... names) {
        List<String> folders =
                Arrays.asList(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator));
        return Arrays.stream(names)
                .flatMap(name -> folders.stream().map(folder -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** Takes the size of a screen, in CSS pixels, and whether it prefers dark colours. */
    public Browser screen(int width, int height, boolean dark) {
        driver.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
        driver.executeCdpCommand(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"))));
        return this;
    }

    /** Opens a page and waits until it is loaded. */
    public Browser open(String url) {
        driver.get(url);
        return this;
    }

    /** The element of this CSS selector. */
    public WebElement element(String selector) {
        return driver.findElement(By.cssSelector(selector));
    }

    /** How many elements of this CSS selector there are. */
    public int count(String selector) {
        return driver.findElements(By.cssSelector(selector)).size();
    }

    /** Waits until the element is there and its text holds this. */
    public String awaitText(String selector, String text) {
        return Awaitility.await(selector + " with " + text)
                .atMost(LIMIT)
                .pollInterval(Duration.ofMillis(100))
                // a list is made anew while one looks
                .ignoreExceptionsMatching(WebDriverException.class::isInstance)
                .until(() -> element(selector).getText(), found -> found.contains(text));
    }

    /** Waits until the element can be clicked, and clicks it. */
    public void click(String selector) {
        Awaitility.await("a click on " + selector)
                .atMost(LIMIT)
                .pollInterval(Duration.ofMillis(100))
                .ignoreExceptionsMatching(WebDriverException.class::isInstance)
                .until(() -> {
                    WebElement element = element(selector);
                    if (!element.isEnabled()) {
                        return false;
                    }
                    element.click();
                    return true;
                });
    }

    /** Puts this text in the place of what the field holds. */
    public void type(String selector, String text) {
        WebElement field = element(selector);
        field.clear();
        field.sendKeys(text);
    }

    /** What a JavaScript expression is. */
    public Object value(String expression) {
        return driver.executeScript("return " + expression);
    }

    /** Waits for an element that can be seen. */
    public WebElement await(By element) {
        return Awaitility.await("%s in %s".formatted(element, driver.getCurrentUrl()))
                .atMost(LIMIT)
                .ignoreException(StaleElementReferenceException.class)
                .until(
                        () -> driver.findElements(element).stream()
                                .filter(WebElement::isDisplayed)
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }

    /** Waits for an element with this text, without the spaces around it. */
    public WebElement awaitText(String text) {
        return await(withText(text));
    }

    /** Waits for an element that can be seen, and clicks on it. */
    public void click(By element) {
        await(element).click();
    }

    /** Elements that have this text themselves, not in one within them. */
    public static By withText(String text) {
        return By.xpath("//*[text()[normalize-space(.)=\"" + text + "\"]]");
    }

    /** The text that can be seen. */
    public String text() {
        return element("body").getText();
    }

    /** What went wrong in the page since it was asked the last time: scripts, policy violations, failed requests. */
    public List<String> errors() {
        return driver.manage().logs().get("browser").getAll().stream()
                .filter(entry -> entry.getLevel().intValue() >= Level.SEVERE.intValue())
                .map(entry -> entry.getMessage())
                .toList();
    }

    /** The same without files that are not there. */
    public List<String> consoleErrors() {
        return errors().stream()
                .filter(message -> !message.contains("Failed to load resource"))
                .toList();
    }

    /** Whether someone wants {@linkplain #screenshot screenshots}, for which a test may take more time. */
    public static boolean isFilmed() {
        return SCREENSHOTS != null;
    }

    /** Keeps a picture of what can be seen in the folder {@code -Dscreenshots}, where that is given. */
    public Browser screenshot(String name) {
        if (isFilmed()) {
            Awaitility.await("fonts").atMost(LIMIT).until(() -> value("document.fonts.status"), "loaded"::equals);
            try {
                Path folder = Files.createDirectories(Path.of(SCREENSHOTS));
                Files.write(folder.resolve(name + ".png"), driver.getScreenshotAs(OutputType.BYTES));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return this;
    }

    /** The same of the whole page, as far as one would scroll, on a screen of this width. */
    public Browser screenshotOfAll(String name, int width, boolean dark) {
        screen(width, 100, dark);
        return screen(width, Math.toIntExact((Long) value("document.documentElement.scrollHeight")), dark)
                .screenshot(name);
    }

    @Override
    public void close() {
        driver.quit();
    }
}
