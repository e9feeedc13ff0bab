/* SPDX-License-Identifier: Apache-2.0 */
package io.msgstore.app;

import java.util.List;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;

import io.msgstore.devices.DeviceStore;
import io.msgstore.platform.config.Settings;
import io.msgstore.platform.config.UserError;
import io.msgstore.platform.module.Module;

/** Modules: those that there are, or those of them that are on. */
record Modules(List<Module> list) {
    /** The setting that says which are on. */
    static final String KEY = "msgstore.modules";

    private static final String NAME = "[a-z][a-z0-9-]*";

    /**
     * Those of this jar and of others on the class path.
     *
     * @throws UserError when one can't be loaded, or has a name that can't be used
     */
    static Modules known() {
        try {
            List<Module> found = ServiceLoader.load(Module.class).stream()
                    .map(ServiceLoader.Provider::get)
                    .toList();
            found.forEach(module -> require(found, module));
            return new Modules(found);
        } catch (ServiceConfigurationError e) {
            throw new UserError("a module can't be loaded: " + e.getMessage(), e);
        }
    }

    private static void require(List<Module> found, Module module) {
        String name = module.name();
        if (!name.matches(NAME)) {
            throw new UserError("module " + name + " (" + module.getClass().getName()
                    + "): a name is small letters, digits and \"-\"");
        }
        if (found.stream().anyMatch(other -> other != module && other.name().equals(name))) {
            throw new UserError("there are several modules with the name " + name);
        }
    }

    /** Those that are on, in this order. */
    Modules on(Settings settings) {
        List<String> names = settings.list(KEY);
        return new Modules(
                list.stream().filter(module -> names.contains(module.name())).toList());
    }

    /** The device store, where it is one of them: what commands and the operator's page are about. */
    Optional<DeviceStore> store() {
        return list.stream()
                .filter(DeviceStore.class::isInstance)
                .map(DeviceStore.class::cast)
                .findFirst();
    }

    boolean needDatabase() {
        return list.stream().anyMatch(Module::needsDatabase);
    }
}
