package dev.crossdev.system;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The rules of the modules and packages; the reasons are in CONTRIBUTING.md. */
class ArchitectureTest {

    private static final JavaClasses PRODUCT = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.crossdev");

    @Test
    void theImportSawEveryModule() {
        for (String part :
                List.of("dmabuf", "virtio", "grpc", "media", "service", "gpu.device", "video.device", "guest", "cli")) {
            assertThat(PRODUCT.stream().anyMatch(type -> type.getPackageName().startsWith("dev.crossdev." + part)))
                    .as("classes of dev.crossdev." + part)
                    .isTrue();
        }
    }

    @Test
    void deviceLogicSeesOnlyJavaAndTheCores() {
        check(classes()
                .that()
                .resideInAPackage("dev.crossdev.(*).device..")
                .and(com.tngtech.archunit.base.DescribedPredicate.not(resideInAPackage("dev.crossdev.proto..")))
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(
                        "java..",
                        "org.jspecify..",
                        "dev.crossdev.dmabuf..",
                        "dev.crossdev.virtio..",
                        "dev.crossdev.media..",
                        "dev.crossdev.gpu.device..",
                        "dev.crossdev.video.device..")));
    }

    @Test
    void onlyTheEdgesSeeGrpc() {
        check(noClasses()
                .that()
                .resideInAPackage("dev.crossdev..")
                .and()
                .resideOutsideOfPackages(
                        "dev.crossdev.proto..",
                        "dev.crossdev.grpc..",
                        "dev.crossdev.guest..",
                        "dev.crossdev.cli..",
                        "..door..",
                        "..objects..",
                        "..admin..",
                        "..trust..")
                // The Quarkus beans that extend a door are the door, wired.
                .and()
                .resideOutsideOfPackages("..app..", "dev.crossdev.service..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.grpc.."));
    }

    @Test
    void onlyServiceCoreAndTheApplicationsSeeQuarkus() {
        check(noClasses()
                .that()
                .resideInAPackage("dev.crossdev..")
                .and()
                .resideOutsideOfPackages("dev.crossdev.service..", "..app..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.quarkus..", "jakarta..", "org.eclipse.microprofile..", "io.vertx.."));
    }

    @Test
    void onlyServiceCoreTheApplicationsAndTheGuestMeasure() {
        check(noClasses()
                .that()
                .resideInAPackage("dev.crossdev..")
                .and()
                .resideOutsideOfPackages(
                        "dev.crossdev.service..", "..app..", "dev.crossdev.guest..", "dev.crossdev.cli..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.micrometer.."));
    }

    /** A device's trace is the business of whoever runs the device; a guest sees the API in one place, its SDK is the cli's. */
    @Test
    void onlyServiceCoreTheApplicationsAndOnePlaceOfTheGuestTrace() {
        check(noClasses()
                .that()
                .resideInAPackage("dev.crossdev..")
                .and()
                .resideOutsideOfPackages(
                        "dev.crossdev.service..", "..app..", "dev.crossdev.guest.trace..", "dev.crossdev.cli.otlp..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.opentelemetry.."));
        check(noClasses()
                .that()
                .resideInAPackage("dev.crossdev.guest..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.opentelemetry.sdk.."));
    }

    @Test
    void theServicesDoNotSeeEachOther() {
        check(noClasses()
                .that()
                .resideInAPackage("dev.crossdev.gpu..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.crossdev.video.."));
        check(noClasses()
                .that()
                .resideInAPackage("dev.crossdev.video..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.crossdev.gpu.."));
    }

    @Test
    void theCoresSeeNothingAbove() {
        check(noClasses()
                .that()
                .resideInAPackage("dev.crossdev.dmabuf..")
                .should()
                .dependOnClassesThat(resideInAPackage("dev.crossdev..")
                        .and(com.tngtech.archunit.base.DescribedPredicate.not(
                                resideInAPackage("dev.crossdev.dmabuf..")))));
        check(noClasses()
                .that()
                .resideInAPackage("dev.crossdev.media..")
                .should()
                .dependOnClassesThat(resideInAPackage("dev.crossdev..")
                        .and(com.tngtech.archunit.base.DescribedPredicate.not(
                                resideInAPackage("dev.crossdev.media..")))));
    }

    @Test
    void packagesHaveNoCycles() {
        for (String module : List.of("dmabuf", "virtio", "grpc", "media", "service", "gpu", "video", "guest", "cli")) {
            String root = "dev.crossdev." + module;
            JavaClasses own = PRODUCT.that(resideInAPackage(root + ".."));
            slices().matching(root + ".(**)")
                    .should()
                    .beFreeOfCycles()
                    .allowEmptyShould(true)
                    .check(own);
        }
    }

    private static void check(ArchRule rule) {
        rule.check(PRODUCT);
    }
}
