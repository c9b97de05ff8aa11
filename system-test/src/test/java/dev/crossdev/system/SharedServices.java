package dev.crossdev.system;

import dev.crossdev.cli.launch.Services;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Gives tests the two services as real processes, started once for all test classes. */
final class SharedServices implements ParameterResolver {

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Services.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        // JUnit closes what is in the root store when all tests have ended.
        return context.getRoot()
                .getStore(ExtensionContext.Namespace.create(SharedServices.class))
                .computeIfAbsent(
                        Services.class, _ -> Services.start(Checkout.HOME, Services.Ports.FREE), Services.class);
    }
}
