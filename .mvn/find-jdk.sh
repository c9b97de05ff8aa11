# Sourced by ./mvnw and ./crossdev: sets JAVA_HOME to a JDK of at least 25, or says in one line what to install.
# Maven toolchains would not do: Quarkus's build step loads application classes in Maven's own JVM.

crossdev_java_major() {
  [ -x "$1/bin/javac" ] || return 1
  # The release file is read instead of starting a JVM for every candidate.
  sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release" 2>/dev/null
}

crossdev_find_jdk() {
  crossdev_wanted=25
  for crossdev_home in "${JAVA_HOME:-}" "${JAVA_HOME_25_X64:-}" "${JAVA_HOME_25_ARM64:-}" \
    /usr/lib/jvm/* /opt/java/* /opt/jdk* /usr/local/jdk* /usr/java/* \
    "${SDKMAN_DIR:-$HOME/.sdkman}"/candidates/java/* "$HOME"/.jdks/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home; do
    [ -n "$crossdev_home" ] || continue
    crossdev_major=$(crossdev_java_major "$crossdev_home") || continue
    if [ -n "$crossdev_major" ] && [ "$crossdev_major" -ge "$crossdev_wanted" ]; then
      JAVA_HOME=$crossdev_home
      export JAVA_HOME
      return 0
    fi
  done
  echo "crossdev needs a JDK of at least $crossdev_wanted: install one (for example Temurin 25, https://adoptium.net) or set JAVA_HOME to it" >&2
  return 1
}

crossdev_find_jdk || exit 2
