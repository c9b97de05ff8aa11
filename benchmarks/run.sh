#!/bin/sh
# Runs the benchmarks and says what each costs beside its reference. Arguments go to JMH: a regular expression of names, -f …
#   benchmarks/run.sh [ARGUMENT …]
set -eu
cd "$(dirname "$0")/.."
. .mvn/find-jdk.sh
./mvnw -q -B -DskipTests -Dspotless.check.skip=true -pl benchmarks -am package
exec "$JAVA_HOME/bin/java" -cp "benchmarks/target/classes:$(cat benchmarks/target/class-path)" \
  dev.crossdev.benchmarks.Benchmarks "$@"
